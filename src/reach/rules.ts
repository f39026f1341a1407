/** Path rules: paths that no delete may take, and limits on those it may. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import {
  keyText,
  sameTable,
  tableText,
  type Change,
  type Finding,
  type Hazard,
  type Snapshot,
  type TableName,
} from '../core/model.ts';
import { schemaIndex, type SchemaIndex } from '../core/schema-index.ts';
import { tableMatcher } from '../policy/pattern/match.ts';
import type { LimitRule, PathRule, Policy } from '../policy/decide.ts';
import {
  pathText,
  reachContext,
  reachFrom,
  withChanges,
  type Reach,
  type ReachContext,
  type ReachEngine,
  type ReachFigures,
  type ReachStep,
  type TouchedTable,
} from './index.ts';

/** The rules, and what it takes to look at them; figures are null where there are no statistics. */
export interface PathRules extends Pick<Policy, 'never' | 'limits'> {
  readonly names: NameMatching;
  readonly engine: ReachEngine;
  readonly figures: ReachFigures | null;
}

/** One way in which the keys break a rule. */
interface Breach {
  readonly kind: 'forbidden' | 'too deep' | 'too many rows' | 'unknown rows';
  readonly rule: PathRule;
  /** The concrete path: `public.users ~> public.invoices`. The same breach has the same subject before and after. */
  readonly subject: string;
  readonly detail: string;
  readonly path: readonly ReachStep[];
  readonly from: TableName;
}

/** What the keys as they are break, and rules that are about no table. */
export function pathFindings(rules: PathRules, schema: SchemaIndex): readonly Finding[] {
  return [
    ...[...rules.never, ...rules.limits].flatMap((rule) => matchesNothing(rule, rules, schema.snapshot)),
    ...breachesOf(rules, reachContext(schema, rules.engine)).map((breach): Finding => ({
      code:
        breach.kind === 'forbidden'
          ? 'PATH_FORBIDDEN'
          : breach.kind === 'unknown rows'
            ? 'LIMIT_UNKNOWN'
            : 'LIMIT_BROKEN',
      severity: breach.kind === 'unknown rows' ? 'info' : 'error',
      subject: breach.subject,
      detail: breach.detail,
      position: breach.rule.position,
    })),
  ];
}

export interface Opened {
  readonly change: Change;
  readonly hazard: Hazard;
}

/**
 * The changes that would break a rule which the keys do not break today, each with the path it opens. Taking them out can leave
 * a longer way open, so it is looked again until nothing is left.
 * @returns at most one hazard for each change and breach
 */
export function openedBy(
  rules: PathRules,
  schema: SchemaIndex,
  changes: readonly Change[],
): readonly Opened[] {
  if (changes.length === 0 || rules.never.length + rules.limits.length === 0) return [];
  const today = new Set(breachesOf(rules, reachContext(schema, rules.engine)).map(idOf));
  const opened: Opened[] = [];
  let left = changes;
  for (;;) {
    const after = reachContext(schemaIndex(withChanges(schema.snapshot, left)), rules.engine);
    const breaches = breachesOf(rules, after).filter(
      (breach) => breach.kind !== 'unknown rows' && !today.has(idOf(breach)),
    );
    const culprits = new Set<Change>();
    for (const breach of breaches) {
      for (const change of culpritsOf(breach, left, after)) {
        culprits.add(change);
        opened.push({
          change,
          hazard: {
            code: breach.kind === 'forbidden' ? 'PATH_OPENED' : 'LIMIT_EXCEEDED',
            subject: keyText(change.foreignKey),
            detail: `${ruleText(breach.rule)}: ${breach.detail}`,
          },
        });
      }
    }
    if (culprits.size === 0) return opened;
    left = left.filter((change) => !culprits.has(change));
  }
}

function idOf(breach: Breach): string {
  return `${breach.kind}\0${breach.subject}`;
}

function ruleText(rule: PathRule): string {
  return `'${rule.text}' (${rule.position.file}:${rule.position.line})`;
}

/** The changes that make a key of the path cascade; for rows, of any way to them. */
function culpritsOf(breach: Breach, changes: readonly Change[], after: ReachContext): readonly Change[] {
  const made = changes.filter(
    (change) => change.to.onDelete === 'CASCADE' && change.from.onDelete !== 'CASCADE',
  );
  const onPath = made.filter((change) => breach.path.some((step) => isStep(step, change)));
  if (onPath.length > 0 || breach.kind === 'forbidden') return onPath;
  const found = reachFrom(after, breach.from);
  const gone = [
    breach.from,
    ...found.touched.filter((one) => one.effect === 'deleted').map((one) => one.table),
  ];
  return made.filter((change) => gone.some((table) => sameTable(table, change.foreignKey.parent)));
}

function isStep(step: ReachStep, { foreignKey }: Change): boolean {
  return step.key === keyText(foreignKey) && step.constraint === foreignKey.name;
}

function breachesOf(rules: PathRules, context: ReachContext): readonly Breach[] {
  const known = new Map<TableName, Reach>();
  const reachOf = (table: TableName): Reach => {
    const found = known.get(table) ?? reachFrom(context, table, rules.figures);
    known.set(table, found);
    return found;
  };
  const along = <Rule extends PathRule>(
    rule: Rule,
    judge: (from: TableName, deleted: readonly TouchedTable[], rule: Rule) => readonly Breach[],
  ): readonly Breach[] => {
    const [from, to] = [
      tableMatcher(rule.pattern.from, rules.names),
      tableMatcher(rule.pattern.to, rules.names),
    ];
    return context.schema.snapshot.tables.filter(from).flatMap((table) => {
      const deleted = reachOf(table).touched.filter((one) => one.effect === 'deleted' && to(one.table));
      return deleted.length === 0 ? [] : judge(table, deleted, rule);
    });
  };
  return [
    ...rules.never.flatMap((rule) => along(rule, forbidden)),
    ...rules.limits.flatMap((rule) => [...along(rule, tooDeep), ...along(rule, tooMany)]),
  ];
}

function forbidden(from: TableName, deleted: readonly TouchedTable[], rule: PathRule): readonly Breach[] {
  return deleted.map((one) => ({
    kind: 'forbidden',
    rule,
    subject: `${tableText(from)} ~> ${tableText(one.table)}`,
    detail: pathText(one.path),
    path: one.path,
    from,
  }));
}

function tooDeep(from: TableName, deleted: readonly TouchedTable[], rule: LimitRule): readonly Breach[] {
  const { depth } = rule;
  const deepest = deleted.at(-1);
  if (depth === null || deepest === undefined || deepest.depth <= depth) return [];
  return [
    {
      kind: 'too deep',
      rule,
      subject: `${tableText(from)} ~> ${sideOf(rule)}`,
      detail: `${deepest.depth} keys in a row, at most ${depth}: ${pathText(deepest.path)}`,
      path: deepest.path,
      from,
    },
  ];
}

function tooMany(from: TableName, deleted: readonly TouchedTable[], rule: LimitRule): readonly Breach[] {
  if (rule.rows === null) return [];
  const rows = deleted.map((one) => one.rows.worst ?? one.rows.median);
  const sum = rows.reduce<number>((all, one) => all + (one ?? 0), 0);
  const largest = [...deleted].sort((a, b) => (b.rows.worst ?? 0) - (a.rows.worst ?? 0))[0];
  const breach = {
    rule,
    subject: `${tableText(from)} ~> ${sideOf(rule)}`,
    path: largest?.path ?? [],
    from,
  };
  if (sum > rule.rows) {
    const detail = `up to ${sum.toLocaleString('en-US')} rows, at most ${rule.rows.toLocaleString('en-US')}: ${pathText(breach.path)}`;
    return [{ ...breach, kind: 'too many rows', detail }];
  }
  const silent = deleted.filter((_, place) => rows[place] === null).map((one) => tableText(one.table));
  if (silent.length === 0) return [];
  const more = silent.length > 3 ? ` and ${silent.length - 3} more` : '';
  return [
    {
      ...breach,
      kind: 'unknown rows',
      detail: `nothing is known of the rows of ${silent.slice(0, 3).join(', ')}${more}`,
    },
  ];
}

/** The right side of a rule as it was written. */
function sideOf(rule: PathRule): string {
  return rule.text.slice(rule.text.indexOf('~>') + 2).trim();
}

function matchesNothing(rule: PathRule, { names }: PathRules, snapshot: Snapshot): readonly Finding[] {
  const sides = [
    ['left', rule.pattern.from],
    ['right', rule.pattern.to],
  ] as const;
  return sides.flatMap(([side, pattern]): readonly Finding[] =>
    snapshot.tables.some(tableMatcher(pattern, names))
      ? []
      : [
          {
            code: 'RULE_MATCHES_NOTHING',
            severity: 'error',
            subject: rule.text,
            detail: `no table with a foreign key is meant by its ${side} side`,
            position: rule.position,
          },
        ],
  );
}
