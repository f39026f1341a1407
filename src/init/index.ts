/** The text that `ondelete init` writes: a policy that states what the database does today. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import { groupedRules, type InitRule, perKeyRules, refusingKeys } from './rules.ts';
import type { FoundOrm } from './project.ts';
import type { Snapshot } from '../core/model.ts';
import { visible } from '../core/visible.ts';

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
  /** Why keys that refuse get no rule and keep what they have; nothing where they are to be decided like all others. */
  readonly keepsRefusing?: string | undefined;
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
    ...(options.keepsRefusing === undefined
      ? ['  default: error # a key that no rule matches is an error, so that a new key is not forgotten']
      : [
          `  default: keep # ${options.keepsRefusing}`,
          ...(options.orm === undefined ? [] : [fromModels(options.orm)]),
        ]),
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

function fromModels(orm: string): string {
  return `  # from: ${orm} # without the first #, the database has to do what the models say`;
}

/** `rules:` without a rule, so that one can be written below it. */
const example = "    # - { match: 'child -> parent', onDelete: cascade }";

/** Of a database with more keys, the rules alone are read. */
const mostKeysNamed = 20;

function rules(snapshot: Snapshot, { keepsRefusing, perKey, names }: InitText): readonly string[] {
  const number = snapshot.foreignKeys.length;
  if (number === 0) return ['  rules: # the database has no foreign keys', example];
  const lines = perKey
    ? keyLines(snapshot, names, keepsRefusing)
    : groupLines(snapshot, names, keepsRefusing);
  const kept = keepsRefusing === undefined || number > mostKeysNamed ? [] : refusingKeys(snapshot, names);
  return [
    '  rules:',
    ...(lines.length === 0 ? [example] : lines),
    ...(kept.length === 0 ? [] : ['    # Keys that keep what they have:']),
    ...kept.map((key) => `    #   ${visible(key)}`),
  ];
}

function keyLines(snapshot: Snapshot, names: NameMatching, keepsRefusing?: string): readonly string[] {
  return perKeyRules(snapshot, names)
    .filter(({ onDelete }) => keepsRefusing === undefined || onDelete !== 'refuse')
    .flatMap((rule) => ruleLines(rule, 'as found in the database'));
}

function groupLines(snapshot: Snapshot, names: NameMatching, keepsRefusing?: string): readonly string[] {
  const { warned, exceptions, byParent } = groupedRules(snapshot, names);
  const wanted = (rules: readonly InitRule[]): readonly InitRule[] =>
    rules.filter(({ onDelete }) => keepsRefusing === undefined || onDelete !== 'refuse');
  const isLong = snapshot.foreignKeys.length > mostKeysNamed;
  return [
    ...section(['Check these first: what they do today is probably not what is meant.'], wanted(warned)),
    ...section(['Keys that differ from what most keys to the same parent do.'], wanted(exceptions)),
    ...section(
      [
        'What most keys to each parent do; it also holds for a new key to one of these parents.',
        'To change one of these keys, write a rule for it above: the first match decides.',
      ],
      wanted(byParent).map((rule) => (isLong ? { ...rule, keys: [] } : rule)),
    ),
  ];
}

/** A warning stands only above the first of the rules that share it. */
function section(title: readonly string[], members: readonly InitRule[]): readonly string[] {
  if (members.length === 0) return [];
  const warnings = members.map(({ warning }) => warning);
  const lines = members.flatMap((rule, at) =>
    ruleLines(warnings.indexOf(rule.warning) < at ? { ...rule, warning: null } : rule, null),
  );
  return [...title.map((line) => `    # ${line}`), ...lines];
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
    ...rule.keys.map((key) => `      # ${visible(key)}`),
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
