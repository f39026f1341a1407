/** Capability checks of PostgreSQL: which changes it refuses or makes with a risk, and which keys are weaker than they look. Pure. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { clauseText, keyText, tableText } from '../../../src/core/names.ts';
import type {
  Column,
  DeleteClause,
  Finding,
  ForeignKey,
  Hazard,
  PartitionLoss,
  Table,
} from '../../../src/core/model.ts';
import { type SchemaIndex, writtenColumns } from '../../../src/core/schema-index.ts';
import { isCitusTable, unprovenEngine, type UnprovenEngine } from '../../../src/core/unproven.ts';
import { checkRefusesNull } from './null-checks.ts';

/** A code and what is particular to this case. */
type Problem = readonly [code: Code, detail: string];

/** Hazards of giving a key this clause, beyond those that hold on every engine. */
export function checkChange(
  key: ForeignKey,
  clause: DeleteClause,
  schema: SchemaIndex,
  capabilities: Capabilities,
): readonly Hazard[] {
  const child = schema.table(key.child);
  const parent = schema.table(key.parent);
  const written = writtenColumns(key, clause, schema);
  const problems = [
    ...problemsOfKey(key, clause, capabilities),
    ...problemsOfEngine(key, [child, parent], schema),
    // a key that is not enforced writes nothing
    ...(key.enforced && child !== null
      ? [
          ...refusedNull(clause, child, written),
          ...missingDefault(clause, written),
          ...replacedByRule(clause, child),
        ]
      : []),
  ];
  return problems.map(([code, detail]) => ({ code, subject: keyText(key), detail }));
}

function problemsOfKey(
  key: ForeignKey,
  clause: DeleteClause,
  capabilities: Capabilities,
): readonly Problem[] {
  const can = (name: string): boolean => capabilities[name]?.has === true;
  const { onDeleteColumns } = clause;
  const problems: (Problem | null)[] = [
    key.period && clause.onDelete !== 'NO ACTION'
      ? ['PERIOD_ACTION', `a key with PERIOD cannot have ON DELETE ${clauseText(clause)}`]
      : null,
    key.recreatedIndex === key.referencedIndex
      ? null
      : [
          'REFERENCED_INDEX_MOVES',
          `the key rests on ${key.referencedIndex ?? 'no index'} and would come to rest on ${key.recreatedIndex ?? 'none'}`,
        ],
    onDeleteColumns === null || can('setNullColumns')
      ? null
      : ['COLUMN_LIST_UNSUPPORTED', `this version has no ${clauseText(clause)}`],
    key.match === 'FULL' &&
    clause.onDelete === 'SET NULL' &&
    onDeleteColumns !== null &&
    onDeleteColumns.length < key.columns.length
      ? ['SET_NULL_SUBSET_MATCH_FULL', `${clauseText(clause)} leaves columns of the key filled`]
      : null,
    key.childPartitioned && !can('notValidOnPartitioned') ? withoutNotValid(key) : null,
    ...(key.lostOnPartitions ?? []).map(lost),
    key.triggers.length > 0 && (key.childPartitioned || key.parentPartitioned)
      ? [
          'NOT_AVAILABLE_HERE',
          'triggers of the key are disabled on a partition, and their states cannot be kept',
        ]
      : null,
  ];
  return problems.filter((problem) => problem !== null);
}

function lost({ name, partition, what }: PartitionLoss): Problem {
  return [
    'NOT_AVAILABLE_HERE',
    what === 'own key'
      ? `partition ${tableText(partition)} has a key of its own over these columns, ${name}, which would be taken for a part of this one and be lost`
      : `partition ${tableText(partition)} has validated its part of this NOT VALID key, ${name}, which would be forgotten`,
  ];
}

/** A partitioned child before PostgreSQL 18. */
function withoutNotValid(key: ForeignKey): Problem {
  return key.parentPartitioned
    ? [
        'NOT_AVAILABLE_HERE',
        'both tables are partitioned; before PostgreSQL 18 the keys of the partitions cannot be attached without leftovers',
      ]
    : ['TWO_KEYS_WINDOW', 'every partition has a second key until the last file is applied'];
}

function problemsOfEngine(
  key: ForeignKey,
  tables: readonly (Table | null)[],
  { snapshot: { server } }: SchemaIndex,
): readonly Problem[] {
  const engine = unprovenEngine(server);
  if (engine !== null)
    return [['UNPROVEN_ENGINE', `the server is ${server.product}`], ...lostThere(key, engine)];
  const names = tables.flatMap((table) => (table !== null && isCitusTable(table) ? [tableText(table)] : []));
  if (names.length === 0) return [];
  const managed = `Citus manages ${[...new Set(names)].join(' and ')}`;
  return [['UNPROVEN_ENGINE', managed], ...lostThere(key, 'Citus')];
}

/** What goes with the dropped key, and no bare statement that the engine documents brings back. */
function lostThere({ comment, triggers }: ForeignKey, engine: UnprovenEngine): readonly Problem[] {
  const problems: (Problem | null)[] = [
    comment !== null && engine === 'Aurora DSQL'
      ? ['NOT_AVAILABLE_HERE', 'the key has a comment, and Aurora DSQL documents no COMMENT ON']
      : null,
    triggers.length > 0
      ? ['NOT_AVAILABLE_HERE', `triggers of the key are disabled; on ${engine} their states are not kept`]
      : null,
  ];
  return problems.filter((problem) => problem !== null);
}

/** A CHECK of the table or of a column's domain that the NULL would violate: the DDL is accepted, every delete with children fails. */
function refusedNull(clause: DeleteClause, child: Table, written: readonly Column[]): readonly Problem[] {
  if (clause.onDelete !== 'SET NULL') return [];
  const names = written.map((column) => column.name);
  return child.checks.flatMap(({ expression, domainOf }): readonly Problem[] => {
    if (domainOf === null) {
      return checkRefusesNull(expression, names)
        ? [['SET_NULL_ON_CHECK', `CHECK ${expression} refuses the NULL`]]
        : [];
    }
    return names.includes(domainOf) && checkRefusesNull(expression, ['VALUE'])
      ? [['SET_NULL_ON_CHECK', `the domain of ${domainOf} has CHECK ${expression}, which refuses the NULL`]]
      : [];
  });
}

function missingDefault(clause: DeleteClause, written: readonly Column[]): readonly Problem[] {
  if (clause.onDelete !== 'SET DEFAULT') return [];
  return written
    .filter((column) => !column.nullable && !column.hasDefault && column.identity === null)
    .map(({ name }) => ['SET_DEFAULT_WITHOUT_DEFAULT', `${name} is NOT NULL and has no default`]);
}

/** The server’s own query meets the rule and fails, even for parents without children (measured on 12 to 18). */
function replacedByRule({ onDelete }: DeleteClause, child: Table): readonly Problem[] {
  if (onDelete === 'NO ACTION' || onDelete === 'RESTRICT') return [];
  const event = onDelete === 'CASCADE' ? 'DELETE' : 'UPDATE';
  return child.insteadRules
    .filter((rule) => rule.event === event)
    .map(({ name }) => ['RULE_INSTEAD', `rule ${name} of ${tableText(child)} replaces ${event}`]);
}

/** Keys that are weaker than they look. */
export function findings({ snapshot }: SchemaIndex): readonly Finding[] {
  return snapshot.foreignKeys.flatMap((key) => {
    const found: Finding[] = [];
    const report = (code: Code, severity: Finding['severity'], detail: string): void => {
      found.push({ code, severity, subject: keyText(key), detail, position: null });
    };
    const named = key.name ?? 'the key';
    if (!key.enforced) report('NOT_ENFORCED', 'warning', `${named} is NOT ENFORCED`);
    else if (!key.validated && key.halfDone === null)
      report('NOT_VALIDATED', 'info', `${named} is NOT VALID`);
    const off = key.triggers.filter(({ enabled }) => enabled === 'disabled' || enabled === 'replica');
    if (off.length > 0) {
      report(
        'TRIGGERS_DISABLED',
        'warning',
        `triggers of the key: ${off.map(({ on, event, enabled }) => `${event} on the ${on} is ${enabled}`).join(', ')}`,
      );
    }
    return found;
  });
}

export function sameType(child: string, parent: string): boolean {
  return plainType(child) === plainType(parent);
}

/** Lengths do not matter to a comparison, and text compares with varchar without a cast. */
function plainType(type: string): string {
  const bare = type
    .toLowerCase()
    .replace(/\(.*\)/, '')
    .trim();
  return ['text', 'character varying', 'varchar'].includes(bare) ? 'text' : bare;
}
