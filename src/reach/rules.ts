/** Path rules: forbidden paths of deletes, and limits on the others. Pure. */
import type { Code } from '../core/codes/index.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { keyText, sameTable, tableText } from '../core/names.ts';
import type { Change, Finding, Hazard, Snapshot, TableName } from '../core/model.ts';
import { schemaIndex, type SchemaIndex } from '../core/schema-index.ts';
import { tableMatcher } from '../policy/pattern/match.ts';
import type { LimitRule, PathRule, Policy } from '../policy/policy.ts';
import {
  pathText,
  type Reach,
  reachContext,
  type ReachContext,
  type ReachEngine,
  type ReachFigures,
  reachFrom,
  type ReachStep,
  type TouchedTable,
  withChanges,
} from './index.ts';

/** The rules and what is needed to check them; `figures` is null without statistics. */
export interface PathRules extends Pick<Policy, 'never' | 'limits'> {
  readonly names: NameMatching;
  readonly engine: ReachEngine;
  readonly figures: ReachFigures | null;
}

/** A rule that the keys break, and where. */
interface Breach {
  readonly kind: 'forbidden' | 'too deep' | 'too many rows' | 'unknown rows';
  readonly rule: PathRule;
  /** The concrete tables: `public.users ~> public.invoices`; the same before and after a change. */
  readonly subject: string;
  readonly detail: string;
  readonly path: readonly ReachStep[];
  readonly from: TableName;
}

const codes: Readonly<Record<Breach['kind'], Code>> = {
  forbidden: 'PATH_FORBIDDEN',
  'too deep': 'LIMIT_BROKEN',
  'too many rows': 'LIMIT_BROKEN',
  'unknown rows': 'LIMIT_UNKNOWN',
};

/** Rules that the current keys break, and rules that match no table. */
export function pathFindings(rules: PathRules, schema: SchemaIndex): readonly Finding[] {
  return [
    ...[...rules.never, ...rules.limits].flatMap((rule) => matchesNothing(rule, rules, schema.snapshot)),
    ...breachesOf(rules, reachContext(schema, rules.engine)).map(
      ({ kind, rule, subject, detail }): Finding => ({
        code: codes[kind],
        severity: kind === 'unknown rows' ? 'info' : 'error',
        subject,
        detail,
        position: rule.position,
      }),
    ),
  ];
}

export interface Opened {
  readonly change: Change;
  readonly hazard: Hazard;
}

/**
 * The changes that would break a rule that the current keys keep, each with the path it opens. Without them a longer path may
 * still be open, so the check is repeated until nothing is found.
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
  let remaining = changes;
  for (;;) {
    const after = reachContext(schemaIndex(withChanges(schema.snapshot, remaining)), rules.engine);
    const breaches = breachesOf(rules, after).filter(
      (breach) => breach.kind !== 'unknown rows' && !today.has(idOf(breach)),
    );
    const culprits = new Set<Change>();
    for (const breach of breaches) {
      for (const change of culpritsOf(breach, remaining, after)) {
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
    remaining = remaining.filter((change) => !culprits.has(change));
  }
}

function idOf(breach: Breach): string {
  return `${breach.kind}\0${breach.subject}`;
}

function ruleText(rule: PathRule): string {
  return `'${rule.text}' (${rule.position.file}:${rule.position.line})`;
}

/** The changes that make a key of the path cascade; for a limit of rows, a key of any path. */
function culpritsOf(breach: Breach, changes: readonly Change[], after: ReachContext): readonly Change[] {
  const cascading = changes.filter(
    (change) => change.to.onDelete === 'CASCADE' && change.from.onDelete !== 'CASCADE',
  );
  const onPath = cascading.filter((change) => breach.path.some((step) => isStep(step, change)));
  if (onPath.length > 0 || breach.kind === 'forbidden') return onPath;
  const { touched } = reachFrom(after, breach.from);
  const gone = [breach.from, ...touched.flatMap((one) => (one.effect === 'deleted' ? [one.table] : []))];
  return cascading.filter((change) => gone.some((table) => sameTable(table, change.foreignKey.parent)));
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
    check: (from: TableName, deleted: readonly TouchedTable[], rule: Rule) => readonly Breach[],
  ): readonly Breach[] => {
    const from = tableMatcher(rule.pattern.from, rules.names);
    const to = tableMatcher(rule.pattern.to, rules.names);
    return context.schema.snapshot.tables.filter(from).flatMap((table) => {
      const deleted = reachOf(table).touched.filter((one) => one.effect === 'deleted' && to(one.table));
      return deleted.length === 0 ? [] : check(table, deleted, rule);
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
      detail: `a delete follows ${deepest.depth} keys in a row, at most ${depth} are allowed: ${pathText(deepest.path)}`,
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
    const detail = `a delete takes up to ${sum.toLocaleString('en-US')} rows, at most ${rule.rows.toLocaleString('en-US')} are allowed: ${pathText(breach.path)}`;
    return [{ ...breach, kind: 'too many rows', detail }];
  }
  const uncounted = deleted.filter((_, index) => rows[index] === null).map((one) => tableText(one.table));
  if (uncounted.length === 0) return [];
  const more = uncounted.length > 3 ? ` and ${uncounted.length - 3} more` : '';
  return [
    {
      ...breach,
      kind: 'unknown rows',
      detail: `no statistics say how many rows of ${uncounted.slice(0, 3).join(', ')}${more} a delete takes`,
    },
  ];
}

/** The right side of a rule as written. */
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
            detail: `the ${side} side matches no table with a foreign key`,
            position: rule.position,
          },
        ],
  );
}
