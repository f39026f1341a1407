/** Path rules: forbidden paths of deletes, and limits on the others. Pure. */
import type { Code } from '../core/codes/index.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { keyText, tableId, tableText } from '../core/names.ts';
import type { Change, Finding, Hazard, Snapshot, TableName } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { tableMatcher } from '../policy/pattern/match.ts';
import type { LimitRule, PathRule, Policy } from '../policy/policy.ts';
import { type Graph, graphOf } from './graph.ts';
import {
  pathText,
  type ReachEngine,
  type ReachFigures,
  type ReachStep,
  type VisitedTable,
  visitedOn,
  withChanges,
} from './index.ts';
import { traverseFrom, wholePathOf } from './traversal.ts';

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
  /** Every table that the delete takes rows from, the first among them. */
  readonly gone: ReadonlySet<string>;
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
    ...breachesOf(rules, schema.snapshot).map(({ kind, rule, subject, detail }): Finding => ({
      code: codes[kind],
      severity: kind === 'unknown rows' ? 'info' : 'error',
      subject,
      detail,
      position: rule.position,
    })),
  ];
}

interface Opened {
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
  const { snapshot } = schema;
  const today = new Set(breachesOf(rules, snapshot).map(idOf));
  const opened: Opened[] = [];
  let remaining = changes;
  for (;;) {
    const after = withChanges(snapshot, remaining);
    const breaches = breachesOf(rules, after).filter(
      (breach) => breach.kind !== 'unknown rows' && !today.has(idOf(breach)),
    );
    const culprits = new Set<Change>();
    for (const breach of breaches) {
      for (const change of culpritsOf(breach, remaining)) {
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
function culpritsOf({ gone, kind, path }: Breach, changes: readonly Change[]): readonly Change[] {
  const cascading = changes.filter(
    (change) => change.to.onDelete === 'CASCADE' && change.from.onDelete !== 'CASCADE',
  );
  const steps = new Set(path.map(({ constraint, key }) => `${key}\0${constraint ?? ''}`));
  const onPath = cascading.filter(({ foreignKey }) =>
    steps.has(`${keyText(foreignKey)}\0${foreignKey.name ?? ''}`),
  );
  if (onPath.length > 0 || kind === 'forbidden') return onPath;
  return cascading.filter(({ foreignKey }) => gone.has(tableId(foreignKey.parent)));
}

/** What a delete in a table takes with it, of that what the rule is about, and every table that loses rows. */
interface Taken {
  readonly from: TableName;
  readonly deleted: readonly VisitedTable[];
  readonly gone: ReadonlySet<string>;
}

/** Rule by rule; each table is looked at once, so that never more than one reach is held. */
function breachesOf(rules: PathRules, snapshot: Snapshot): readonly Breach[] {
  const graph = graphOf(snapshot, rules.engine.cascading(snapshot.server));
  const asked = <Rule extends PathRule>(
    rule: Rule,
    check: (taken: Taken, rule: Rule) => readonly Breach[],
  ) => ({
    from: tableMatcher(rule.pattern.from, rules.names),
    to: tableMatcher(rule.pattern.to, rules.names),
    check: (taken: Taken) => check(taken, rule),
    found: [] as Breach[],
  });
  const checks = [
    ...rules.never.map((rule) => asked(rule, forbidden)),
    ...rules.limits.flatMap((rule) => [asked(rule, tooDeep), asked(rule, tooMany)]),
  ];
  for (const table of snapshot.tables) {
    const concerned = checks.filter(({ from }) => from(table));
    if (concerned.length === 0) continue;
    const all = deletedFrom(graph, table, rules.figures);
    const gone = new Set([table, ...all.map((one) => one.table)].map(tableId));
    for (const { check, found, to } of concerned) {
      const deleted = all.filter((one) => to(one.table));
      if (deleted.length > 0) found.push(...check({ from: table, deleted, gone }));
    }
  }
  return checks.flatMap(({ found }) => found);
}

/** The tables that lose rows, the nearest first. */
function deletedFrom(graph: Graph, table: TableName, figures: ReachFigures | null): readonly VisitedTable[] {
  const start = graph.numberOf(table);
  if (start === null) return [];
  return visitedOn(traverseFrom(graph, start), graph, figures).filter(({ effect }) => effect === 'deleted');
}

function forbidden({ deleted, from, gone }: Taken, rule: PathRule): readonly Breach[] {
  return deleted.map(({ table, visit }) => {
    const path = wholePathOf(visit);
    const subject = `${tableText(from)} ~> ${tableText(table)}`;
    return { kind: 'forbidden', rule, subject, detail: pathText(path), path, gone };
  });
}

function tooDeep({ deleted, from, gone }: Taken, rule: LimitRule): readonly Breach[] {
  const { depth } = rule;
  const deepest = deleted.at(-1);
  if (depth === null || deepest === undefined || deepest.depth <= depth) return [];
  const path = wholePathOf(deepest.visit);
  const subject = `${tableText(from)} ~> ${sideOf(rule)}`;
  const detail = `a delete follows ${deepest.depth} keys in a row, at most ${depth} are allowed: ${pathText(path)}`;
  return [{ kind: 'too deep', rule, subject, detail, path, gone }];
}

function tooMany({ deleted, from, gone }: Taken, rule: LimitRule): readonly Breach[] {
  if (rule.rows === null) return [];
  const rows = deleted.map((one) => one.rows.worst ?? one.rows.median);
  const sum = rows.reduce<number>((all, one) => all + (one ?? 0), 0);
  const largest = [...deleted].sort((a, b) => (b.rows.worst ?? 0) - (a.rows.worst ?? 0))[0];
  const path = largest === undefined ? [] : wholePathOf(largest.visit);
  const breach = { rule, subject: `${tableText(from)} ~> ${sideOf(rule)}`, path, gone };
  if (sum > rule.rows) {
    const detail = `a delete takes up to ${sum.toLocaleString('en-US')} rows, at most ${rule.rows.toLocaleString('en-US')} are allowed: ${pathText(path)}`;
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
