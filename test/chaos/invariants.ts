// What must hold after every fault, as data: a list of what does not.
import { type Catalog, type CatalogKey, readCatalog } from './catalog.ts';
import type { Row } from '../support/database.ts';
import { otherSide, type Place, type Side } from './place.ts';
import { probeOf, type Relationship } from './schema.ts';

/** Where the database stands: `part way` has keys on both sides and none half done. */
export type Ending = Side | 'part way' | 'half done';

export interface Verdict {
  readonly ending: Ending;
  readonly violations: readonly string[];
}

const joinsOf = ({ child, columns, parent, parentColumns }: Relationship): string =>
  `${child}(${columns.join(', ')}) -> ${parent}(${parentColumns.join(', ')})`;

/** Every promise at once. Nobody may be at work in the database meanwhile, or what diff says is about another moment. */
export async function judge(place: Place): Promise<Verdict> {
  const catalog = await readCatalog(place.query, place.engine);
  const violations = [
    ...keysStand(place, catalog),
    ...(await nothingIsLeft(place, catalog)),
    ...(await diffTellsTheTruth(place, catalog, 'old')),
    ...(await diffTellsTheTruth(place, catalog, 'new')),
    ...(await keysAreEnforced(place, catalog)),
  ];
  if ((await place.rowsNow()) !== place.rows) violations.push('rows have changed');
  return { ending: endingOf(place, catalog), violations };
}

/** Of all promises those that can be looked at while a file stands still between two statements. */
export async function keysTold(place: Place): Promise<readonly string[]> {
  const catalog = await readCatalog(place.query, place.engine);
  return [...keysStand(place, catalog), ...(await diffTellsTheTruth(place, catalog, 'new'))];
}

function endingOf(place: Place, catalog: Catalog): Ending {
  if (catalog.keys.some(({ halfDone }) => halfDone)) return 'half done';
  const on = (side: Side): boolean =>
    place.relationships.every((one) => keysOf(catalog, one).some(({ onDelete }) => onDelete === one[side]));
  return on('old') ? 'old' : on('new') ? 'new' : 'part way';
}

const keysOf = (catalog: Catalog, relationship: Relationship): readonly CatalogKey[] =>
  catalog.keys.filter(({ joins }) => joins === joinsOf(relationship));

/** One key per relationship, with one of two actions, everything else about it as it was. Holds at every moment. */
export function keysStand(place: Place, catalog: Catalog): readonly string[] {
  const count = place.likeness.old.catalog.keys.length;
  const all = catalog.keys.length === count ? [] : [`${catalog.keys.length} keys instead of ${count}`];
  return [
    ...all,
    ...place.relationships.flatMap((relationship) => {
      const [key, ...more] = keysOf(catalog, relationship);
      const joins = joinsOf(relationship);
      if (key === undefined) return [`${joins}: no key`];
      if (more.length > 0) return [`${joins}: ${more.length + 1} keys`];
      const found: string[] = [];
      const before = place.likeness.old.catalog.keys.find((one) => one.joins === joins);
      if (key.onDelete !== relationship.old && key.onDelete !== relationship.new)
        found.push(`ON DELETE ${key.onDelete}`);
      if (before === undefined || key.name !== cut(before.name, key)) found.push(`called ${key.name}`);
      if (key.rest !== before?.rest) found.push(`was ${before?.rest}, is ${key.rest}`);
      if (!key.halfDone && key.validated !== before?.validated)
        found.push(`validated: ${key.validated}, and no mark`);
      return found.map((what) => `${joins}: ${what}`);
    }),
  ];
}

/** A long name is cut short in a temporary one. */
const cut = (name: string, { halfDone, name: now }: CatalogKey): string =>
  halfDone ? name.slice(0, now.length) : name;

async function nothingIsLeft(place: Place, catalog: Catalog): Promise<readonly string[]> {
  const before = place.likeness.old.catalog.objects;
  const now = catalog.objects;
  const found = [
    ...now.filter((one) => !before.includes(one)).map((one) => `left over: ${one}`),
    ...before.filter((one) => !now.includes(one)).map((one) => `gone: ${one}`),
  ];
  if (place.engine !== 'postgres') return found;
  // twins without a root that is half done, and marks in comments of anything else
  const marks = await place.query(
    `SELECT count(*)::int AS n FROM pg_description WHERE description LIKE 'ondelete%' AND classoid <> 'pg_constraint'::regclass`,
  );
  const twins = await place.query(
    `SELECT count(*)::int AS n FROM pg_constraint WHERE conname LIKE 'ondelete_twin_%'`,
  );
  const readings = catalog.keys.find(({ joins }) => joins.startsWith('readings('));
  if (marks[0]?.['n'] !== 0) found.push('a mark on something that is no key');
  if (twins[0]?.['n'] !== 0 && readings?.halfDone !== true) found.push('twins, and no key that is half done');
  return found;
}

interface DiffReport {
  readonly inPolicy: boolean;
  readonly changes: readonly DiffChange[];
  readonly refused: readonly DiffChange[];
  readonly findings: readonly { readonly code: string; readonly subject: string }[];
}
interface DiffChange {
  readonly kind: string;
  readonly child: { readonly name: string };
  readonly columns: readonly string[];
  readonly parent: { readonly name: string };
  readonly parentColumns: readonly string[];
}

/** For each key the same as the catalog: as asked for, to change, half done. */
async function diffTellsTheTruth(place: Place, catalog: Catalog, side: Side): Promise<readonly string[]> {
  const answer = await place.ask('diff', side);
  if (answer.code === 2) return [`diff could not tell: ${answer.stderr}`];
  const report = JSON.parse(answer.stdout) as DiffReport;
  const listed = [...report.changes, ...report.refused];
  const found: string[] = [];
  let differs = false;
  for (const relationship of place.relationships) {
    const joins = joinsOf(relationship);
    const [key] = keysOf(catalog, relationship);
    const change = listed.find(
      ({ child, columns, parent, parentColumns }) =>
        `${child.name}(${columns.join(', ')}) -> ${parent.name}(${parentColumns.join(', ')})` === joins,
    );
    const toldHalf = report.findings.some(
      ({ code, subject }) => code === 'HALF_DONE' && subject.replaceAll(/\w+\./g, '') === joins,
    );
    const expected =
      key?.onDelete !== relationship[side] ? 'change-on-delete' : key.halfDone ? 'finish' : 'nothing';
    differs ||= expected !== 'nothing';
    const told = change?.kind ?? 'nothing';
    if (told !== expected) found.push(`diff (${side}) says ${told} of ${joins}, the catalog ${expected}`);
    if (toldHalf !== (key?.halfDone ?? false))
      found.push(`diff (${side}) says half done: ${toldHalf} of ${joins}, the catalog ${!toldHalf}`);
  }
  if (report.inPolicy === differs || answer.code !== (differs ? 1 : 0))
    found.push(
      `diff (${side}) ended with ${answer.code}, in policy: ${report.inPolicy}, while ${differs ? 'something differs' : 'all is as asked'}`,
    );
  return found;
}

/** Not what the catalog says but what the server does: an orphan is refused, and a delete acts as the key says. */
async function keysAreEnforced(place: Place, catalog: Catalog): Promise<readonly string[]> {
  const found: string[] = [];
  for (const relationship of place.relationships) {
    const { parent, child, orphan, nobody } = probeOf(relationship, place.relationships);
    const list = (value: number): string => relationship.columns.map(() => value).join(', ');
    const where = relationship.parentColumns.map((column) => `${column} = ${parent}`).join(' AND ');
    const insert = `INSERT INTO ${relationship.child} (id, ${relationship.columns.join(', ')}) VALUES (${orphan}, ${list(nobody)})`;
    if (relationship.insertsUnchecked !== true && (await trial(place, insert, 'SELECT 1 AS n')) !== 'refused')
      found.push(`${joinsOf(relationship)}: a row without a parent was let in`);
    const [column = ''] = relationship.columns;
    const seen = await trial(
      place,
      `DELETE FROM ${relationship.parent} WHERE ${where}`,
      `SELECT CASE WHEN count(*) = 0 THEN 'CASCADE' WHEN count(${column}) = 0 THEN 'SET NULL' ELSE 'nothing' END AS n FROM ${relationship.child} WHERE id = ${child}`,
    );
    const [key] = keysOf(catalog, relationship);
    const expected =
      key?.onDelete === 'NO ACTION' || key?.onDelete === 'RESTRICT' ? 'refused' : key?.onDelete;
    if (seen !== expected)
      found.push(`${joinsOf(relationship)}: a delete is ${seen}, the key says ${key?.onDelete}`);
  }
  return found;
}

/** Runs a statement, looks, and takes it back. */
async function trial(place: Place, statement: string, look: string): Promise<string> {
  if (place.engine === 'sqlite') return sqliteTrial(place, statement, look);
  const query = (sql: string): Promise<readonly Row[]> => place.database.query(sql);
  const begin = place.engine === 'postgres' ? 'BEGIN; SET CONSTRAINTS ALL IMMEDIATE' : 'START TRANSACTION';
  try {
    await query(begin);
    await query(statement);
    const [row] = await query(look);
    return String(row?.['n']);
  } catch (error) {
    return refusals.has((error as { code?: string }).code ?? '')
      ? 'refused'
      : `failing with ${(error as { message: string }).message}`;
  } finally {
    await query('ROLLBACK');
  }
}

const refusals = new Set([
  '23503',
  '23001',
  'ER_ROW_IS_REFERENCED_2',
  'ER_NO_REFERENCED_ROW_2',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
  'SQLITE_CONSTRAINT_TRIGGER',
]);

/** Each query of the harness is a connection of its own there, and a transaction needs one. */
async function sqliteTrial(place: Place, statement: string, look: string): Promise<string> {
  const { default: Database } = await import('better-sqlite3');
  const connection = new Database(place.database.url);
  try {
    connection.pragma('foreign_keys = ON');
    connection.exec('BEGIN');
    connection.exec(statement);
    return String((connection.prepare(look).get() as { n: unknown }).n);
  } catch (error) {
    return refusals.has((error as { code?: string }).code ?? '')
      ? 'refused'
      : `failing with ${(error as { message: string }).message}`;
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    connection.close();
  }
}

/** The state that a finished file must leave: the words of the snapshot, byte for byte, and every promise. */
export async function judgeFinished(place: Place, side: Side): Promise<readonly string[]> {
  const { ending, violations } = await judge(place);
  const diff = await place.ask('diff', side);
  const snapshot = await place.ask('snapshot', side);
  return [
    ...violations,
    ...(ending === side ? [] : [`finished, and still ${ending} instead of ${side}`]),
    ...(diff.code === 0 ? [] : [`finished, and diff ends with ${diff.code}`]),
    ...(snapshot.stdout === place.likeness[side].snapshot
      ? []
      : [
          `the snapshot is not that of the ${side} side: ${difference(place.likeness[side].snapshot, snapshot.stdout)}`,
        ]),
    ...((await place.ask('diff', otherSide(side))).code === 1
      ? []
      : ['diff with the other policy does not end with 1']),
  ];
}

function difference(before: string, now: string): string {
  const lines = now.split('\n');
  const at = before.split('\n').findIndex((line, index) => line !== lines[index]);
  return `line ${at + 1}: ${before.split('\n')[at] ?? ''} became ${lines[at] ?? ''}`;
}
