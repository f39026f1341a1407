/** Capability checks of MySQL and MariaDB: what a change or a key as it is would do wrong on InnoDB. Pure. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { keyText, sameTable, tableId, tableText } from '../../../src/core/names.ts';
import type {
  Change,
  DeleteClause,
  Finding,
  ForeignKey,
  Hazard,
  Snapshot,
  Table,
} from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { printedEngine, unprovenEngine } from '../../../src/core/unproven.ts';
import { longestName } from '../temporary-name.ts';
import { capabilities as capabilitiesOf } from './capabilities.ts';
import { differentCollations, isParentUnique } from './parents.ts';
import { leavesSiblings, lossyPaths, mostLevels, pathText } from './cascades.ts';

type Found = Generator<readonly [code: Code, detail: string]>;
type Can = (name: string) => boolean;

/** Hazards of giving a key this clause, beyond those that hold on every engine. */
export function checkChange(
  key: ForeignKey,
  clause: DeleteClause,
  schema: SchemaIndex,
  capabilities: Capabilities,
): readonly Hazard[] {
  const child = schema.table(key.child);
  const can: Can = (name) => capabilities[name]?.has ?? false;
  return [
    ...engineHazards(schema),
    ...clauseHazards(key, clause, child),
    ...tableHazards(key, child, schema, can),
    ...nameHazards(key),
    ...cascadeHazards(key, clause, child, can),
  ].map(([code, detail]) => ({ code, subject: keyText(key), detail }));
}

/** TiDB and Vitess, which nobody here could run. */
function* engineHazards({ snapshot: { server } }: SchemaIndex): Found {
  if (printedEngine(server) !== null) yield ['PRINTED_ONLY', `the server is ${server.product}`];
  if (unprovenEngine(server) !== null) yield ['UNPROVEN_ENGINE', `the server is ${server.product}`];
}

/** What the server refuses in a clause. */
function* clauseHazards(key: ForeignKey, clause: DeleteClause, child: Table | null): Found {
  const { onDelete } = clause;
  if (onDelete === 'SET DEFAULT')
    yield ['SET_DEFAULT_UNSUPPORTED', 'InnoDB would refuse every delete, as with RESTRICT'];
  if (clause.onDeleteColumns !== null)
    yield ['COLUMN_LIST_UNSUPPORTED', 'MySQL and MariaDB set all columns of the key to NULL'];
  // Error 3823 on MySQL, 1901 on MariaDB (measured).
  const check = child?.checks.find(({ expression }) => mentions(expression, key));
  if (onDelete === 'SET NULL' && check !== undefined)
    yield ['SET_NULL_ON_CHECK', `CHECK ${check.expression} uses a column of the key`];
  // Error 3192 on MySQL. MariaDB takes CASCADE where it copies the table, and refuses it with error 138 where it does not (measured on 10.11
  // and 11.8), so a key that cascades today could be changed but not changed back.
  const from = key.halfDone?.from ?? key;
  const writing = [onDelete, from.onDelete].find((action) => action === 'SET NULL' || action === 'CASCADE');
  const stored = child?.storedColumns.find(({ expression }) => mentions(expression, key));
  if (writing !== undefined && stored !== undefined) {
    const text = `${stored.name} = ${stored.expression}`;
    yield ['STORED_BASE_COLUMN', `${writing} cannot be added without a copy of the table: ${text}`];
  }
}

/** What the tables of a key do not allow. */
function* tableHazards(key: ForeignKey, child: Table | null, schema: SchemaIndex, can: Can): Found {
  const parent = schema.table(key.parent);
  if (parent === null) yield ['NOT_AVAILABLE_HERE', missingParent(key)];
  else if (!can('nonUniqueParents') && !isParentUnique(key, schema)) {
    const columns = key.parentColumns.join(', ');
    yield ['PARENT_NOT_UNIQUE', `no unique index of ${tableText(parent)} is over exactly (${columns})`];
  }
  const collations = differentCollations(key, schema);
  if (collations !== null) yield ['COLLATION_DIFFERS', collations];
  for (const table of [child, parent].filter((one) => one !== null)) {
    if (table.engine === null || table.engine.toLowerCase() === 'innodb') continue;
    const text = `${tableText(table)} is a table of the engine ${table.engine}`;
    yield ['NOT_AVAILABLE_HERE', `${text}; only InnoDB swaps a key without a copy`];
    break;
  }
  // Error 1846 for every ALTER that does not copy: the index is a hidden column (measured on MariaDB 10.11 and 11.8).
  const hashed = child?.indexes.find(({ method, unique }) => unique && method === 'hash');
  if (child !== null && child.engine?.toLowerCase() === 'innodb' && hashed !== undefined) {
    const text = `the unique index ${hashed.name} of ${tableText(child)} is a hash, as MariaDB makes them over TEXT and BLOB`;
    yield ['NOT_AVAILABLE_HERE', `${text}; drop it first, or make it over a prefix: UNIQUE (column(100))`];
  }
}

/** Names that no statement can give the key back. */
function* nameHazards({ halfDone, name }: ForeignKey): Found {
  if (name === null) {
    const text = `its name is ${halfDone?.temporaryName ?? ''} until the change is finished`;
    yield ['ORIGINAL_NAME_UNKNOWN', `${text}; the original name was too long to be kept in it`];
  } else if (name.length > longestName) {
    const text = `its name ${name} is longer than the ${longestName} characters that a statement may give it`;
    yield ['NOT_AVAILABLE_HERE', `${text}; rename the table to a shorter name, which shortens this one too`];
  }
}

/** What goes wrong when a delete acts on the child. */
function* cascadeHazards(key: ForeignKey, clause: DeleteClause, child: Table | null, can: Can): Found {
  const cascades = clause.onDelete === 'CASCADE';
  const triggers = child?.triggers.join(', ') ?? '';
  if ((cascades || clause.onDelete === 'SET NULL') && triggers !== '' && !can('cascadeTriggers'))
    yield ['TRIGGERS_NOT_FIRED', `triggers of ${tableText(key.child)}: ${triggers}`];
  if (!cascades || !sameTable(key.child, key.parent)) return;
  const deleting = `deleting a row of ${tableText(key.child)}`;
  yield ['SELF_REFERENCE_DEPTH', `${deleting} fails if rows stand more than ${mostLevels} levels below it`];
  // Since 9.6 MySQL's server enforces keys itself; it counts the same table again and again until its limit is reached.
  if (!can('cascadesOverBranches')) {
    const when = 'if two of its children have children of their own';
    yield ['SELF_REFERENCE_BRANCHES', `${deleting} fails (error 6575) ${when}`];
  }
  if (!can('cascadesToSiblings') && leavesSiblings(key, clause)) {
    const which = `those of its children that have the same ${key.parentColumns[0] ?? ''}`;
    yield ['SELF_REFERENCE_LEAVES_ROWS', `${deleting} does not delete ${which}`];
  }
}

/** Whether an expression names a column of the key. */
function mentions(expression: string, key: ForeignKey): boolean {
  const names = namesIn(expression);
  return key.columns.some((column) => names.has(column.toLowerCase()));
}

/** Names that a CHECK or a generated column mentions: the servers print them in backticks, and text in quotes. */
function namesIn(expression: string): ReadonlySet<string> {
  // MySQL prints the expression as it would stand inside a string: _utf8mb4\'text\'.
  const plain = /\\'/.test(expression) ? expression.replace(/\\([\s\S])/g, '$1') : expression;
  const code = plain.replace(/'(?:[^'\\]|''|\\[\s\S])*'/g, '');
  const names = [...code.matchAll(/`((?:[^`]|``)+)`/g)].map(([, name = '']) => name.replaceAll('``', '`'));
  return new Set(names.map((name) => name.toLowerCase()));
}

/** With foreign_key_checks=0 a parent can be dropped, and the key stays. */
function missingParent(key: ForeignKey): string {
  return `the parent ${tableText(key.parent)} does not exist, or this user may not see it`;
}

/** Paths that the changes make or lengthen, on a server that forgets rows on them. */
export function checkChanges(
  changes: readonly Change[],
  { snapshot }: SchemaIndex,
  capabilities: Capabilities,
): ReadonlyMap<Change, Hazard> {
  if (capabilities['cascadesOverChains']?.has !== false) return new Map();
  const changeOf = changeFinder(changes);
  const hazards = new Map<Change, Hazard>();
  for (const [key, path] of lossyPaths(snapshot, (one) => changeOf(one)?.to ?? one)) {
    const change = changeOf(key);
    if (change === undefined) continue;
    const subject = keyText(change.foreignKey);
    hazards.set(change, { code: 'CASCADE_LEAVES_ROWS', subject, detail: pathText(path) });
  }
  return hazards;
}

/** By name, because a half-done key bears its own name in a change and a temporary one in the snapshot. */
function changeFinder(changes: readonly Change[]): (key: ForeignKey) => Change | undefined {
  const idOf = ({ child, halfDone, name }: ForeignKey): string =>
    `${tableId(child)}\0${halfDone?.temporaryName ?? name ?? ''}`;
  const byId = new Map(changes.map((change) => [idOf(change.foreignKey), change]));
  return (key) => byId.get(idOf(key));
}

/** Findings of the keys as they are. */
export function findings(schema: SchemaIndex): readonly Finding[] {
  const { snapshot } = schema;
  const ofKeys = snapshot.foreignKeys.flatMap((key): readonly Finding[] => {
    if (key.onDelete === 'SET DEFAULT' || key.onUpdate === 'SET DEFAULT') {
      const detail = 'InnoDB keeps the words SET DEFAULT and refuses the delete, as with RESTRICT';
      return [finding('SET_DEFAULT_LIVE', 'warning', key, detail)];
    }
    const collations = differentCollations(key, schema);
    if (collations !== null) return [finding('COLLATION_MISMATCH', 'warning', key, collations)];
    if (schema.table(key.parent) !== null) return [];
    return [finding('PARENT_MISMATCH', 'error', key, missingParent(key))];
  });
  return [...ofKeys, ...lossyFindings(snapshot)];
}

/** One finding for all paths on which this server forgets rows. */
function lossyFindings(snapshot: Snapshot): readonly Finding[] {
  if (capabilitiesOf(snapshot.server)['cascadesOverChains']?.has !== false) return [];
  const paths = [
    ...snapshot.foreignKeys.flatMap((key) => (leavesSiblings(key, key) ? [[key, [key]] as const] : [])),
    ...lossyPaths(snapshot, (key) => key),
  ];
  const [first] = paths;
  if (first === undefined) return [];
  const others = paths.length === 1 ? '' : `, and ${paths.length - 1} more keys on such paths`;
  return [finding('CASCADE_LEAVES_ROWS_LIVE', 'warning', first[0], `${pathText(first[1])}${others}`)];
}

function finding(code: Code, severity: Finding['severity'], key: ForeignKey, detail: string): Finding {
  return { code, severity, subject: keyText(key), detail, position: null };
}

export function sameType(child: string, parent: string): boolean {
  return plainType(child) === plainType(parent);
}

/** Lengths and display widths may differ between a key and its parent: https://dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html */
function plainType(type: string): string {
  return type
    .toLowerCase()
    .replace(/\(\d+\)/, '')
    .replace(/ character set \S+| collate \S+/g, '');
}
