/** The text that `ondelete init` writes: a policy that states what the database does today. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import { groupedRules, type InitRule, perKeyRules } from './rules.ts';
import type { FoundOrm } from './project.ts';
import type { Snapshot } from '../core/model.ts';

export interface InitText {
  /** One rule per key instead of one per group. */
  readonly perKey: boolean;
  /** As it is written into the file: `${DATABASE_URL}`, or a path of SQLite. Never a URL with a password. */
  readonly database: string;
  readonly names: NameMatching;
  readonly schemas?: readonly string[];
  readonly exclude?: readonly string[];
  readonly tool?: string;
  readonly out?: string;
  readonly orm?: string;
  /** Where the models are, beside the ORM's name. */
  readonly models?: FoundOrm['named'];
  /** What was found in the project and could not be decided, each a line of the file's head. */
  readonly undecided?: readonly string[];
  /** Where the JSON Schema stands, as seen from the file; nothing where there is none. */
  readonly schemaReference?: string | null;
}

/** A configuration with which every key of the Snapshot matches the policy. */
export function initText(snapshot: Snapshot, options: InitText): string {
  const lines = [
    ...(options.schemaReference == null
      ? []
      : [`# yaml-language-server: $schema=${options.schemaReference}`]),
    '# For each foreign key: what a delete does to the rows that reference the deleted row.',
    '# `ondelete init` wrote these rules from what the database does today; they ask for no change.',
    '# Next: change an onDelete, add a reason, run `ondelete diff`, then `ondelete generate`.',
    '#',
    "# match: '[schema.]child[(columns)] -> [schema.]parent[(columns)]', globs * ? {a,b}; the first match decides",
    '# onDelete: cascade, set null, set default, restrict, no action, and',
    '#   refuse  NO ACTION or RESTRICT, whichever the key has      keep  the action that the key has',
    '',
    `database: ${yamlText(options.database)}`,
    ...setting('schemas', options.schemas),
    ...setting('exclude', options.exclude),
    ...(options.tool === undefined ? [] : [`tool: ${yamlText(options.tool)}`]),
    ...(options.out === undefined ? [] : [`out: ${yamlText(options.out)}`]),
    ...(options.orm === undefined ? [] : [ormLine(options.orm, options.models)]),
    ...(options.undecided ?? []).map((line) => `# ${line}`),
    '',
    'policy:',
    '  default: error # a key that no rule matches is an error, so that a new key is not forgotten',
    ...rules(snapshot, options),
  ];
  return `${lines.join('\n')}\n`;
}

function ormLine(name: string, models: InitText['models']): string {
  const where =
    models === undefined
      ? ''
      : 'alembic' in models
        ? `, alembic: ${yamlText(models.alembic)}`
        : `, models: [${models.models.map(yamlText).join(', ')}]`;
  return `orm: { name: ${yamlText(name)}${where} }`;
}

function rules(snapshot: Snapshot, { perKey, names }: InitText): readonly string[] {
  if (snapshot.foreignKeys.length === 0) return ['  rules: [] # the database has no foreign keys'];
  if (perKey) {
    const lines = perKeyRules(snapshot, names).flatMap((rule) => ruleLines(rule, 'as found in the database'));
    return ['  rules:', ...lines];
  }
  const { warned, exceptions, byParent } = groupedRules(snapshot, names);
  return [
    '  rules:',
    ...section('Check these first: what they do today is probably not what is meant.', warned),
    ...section('Keys that differ from what most keys to the same parent do.', exceptions),
    ...section(
      'What most keys to each parent do; it also holds for a new key to one of these parents.',
      byParent,
    ),
  ];
}

/** A warning stands only above the first of the rules that share it. */
function section(title: string, members: readonly InitRule[]): readonly string[] {
  if (members.length === 0) return [];
  const warnings = members.map(({ warning }) => warning);
  const lines = members.flatMap((rule, at) =>
    ruleLines(warnings.indexOf(rule.warning) < at ? { ...rule, warning: null } : rule, null),
  );
  return [`    # ${title}`, ...lines];
}

function ruleLines(rule: InitRule, reason: string | null): readonly string[] {
  const [first = '', ...others] = rule.match.map(yamlText);
  const match =
    others.length === 0
      ? [`    - match: ${first}`]
      : ['    - match:', ...[first, ...others].map((pattern) => `        - ${pattern}`)];
  return [
    ...(rule.warning === null ? [] : [`    # ${rule.warning}`]),
    ...match,
    ...(rule.constraint === null ? [] : [`      constraint: ${yamlText(rule.constraint)}`]),
    `      onDelete: ${plainOrQuoted(rule.onDelete)}`,
    ...(reason === null ? [] : [`      reason: ${reason}`]),
  ];
}

function setting(key: string, values: readonly string[] | undefined): readonly string[] {
  return values === undefined || values.length === 0 ? [] : [`${key}: [${values.map(yamlText).join(', ')}]`];
}

/** Text as a YAML scalar that reads back as the same text. */
function yamlText(text: string): string {
  if (/^\$\{\w+\}$|^(?:[A-Za-z_/]|\.{1,2}\/)[\w./-]*$/.test(text) && !/^(true|false|null)$/i.test(text))
    return text;
  // JSON's escapes are a part of YAML's; single quotes know none and fold line breaks.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return JSON.stringify(text).replace(/[^ -~]/g, escapedUnit);
  return `'${text.replaceAll("'", "''")}'`;
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** An action without a column list is a plain word. */
function plainOrQuoted(action: string): string {
  return /^[a-z ]+$/.test(action) ? action : yamlText(action);
}
