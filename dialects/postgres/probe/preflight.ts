/** What stands in the way of these changes right now: who holds locks, which rights are missing, what replays the change, what its writes meet. */
import { longest, rowsOf, type ServerSession } from '../../sql/session.ts';
import type { PreflightHazard } from '../../../src/core/contracts/probe.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { distinctTables, keyText, tableText } from '../../../src/core/names.ts';
import type { Change, ForeignKey, Hazard, Snapshot, TableName } from '../../../src/core/model.ts';
import { writeHazards, writeQuestions } from './writes.ts';

/** Transactions younger than this are gone before the migration runs. */
const longSeconds = 5;

type Rows = Awaited<ReturnType<ServerSession['query']>>;

/** Five questions in one round trip, whatever the number of changes. */
export async function preflight(
  session: Pick<ServerSession, 'queryAll'>,
  changes: readonly Change[],
  snapshot: Snapshot,
): Promise<readonly PreflightHazard[]> {
  if (changes.length === 0) return [];
  const keys = changes.map((change) => change.foreignKey);
  const tables = distinctTables(keys.flatMap((key) => [key.child, key.parent]));
  const holdersOf = [tables.map((table) => table.schema), tables.map((table) => table.name), longSeconds];
  const rightsOn = [
    keys.map((key) => key.child.schema),
    keys.map((key) => key.child.name),
    keys.map((key) => key.parent.schema),
    keys.map((key) => key.parent.name),
    keys.map((key) => JSON.stringify(key.parentColumns)),
  ];
  const questions = [
    { sql: serverQuery },
    { sql: holdersQuery, parameters: holdersOf },
    { sql: rightsQuery, parameters: rightsOn },
  ];
  const actions = changes.map(({ foreignKey: key, to }) => ({ key, to }));
  const answers = await session.queryAll([...questions, ...writeQuestions(actions)], longest);
  const [[server] = [], holders = [], rights = []] = answers.slice(0, questions.length).map(rowsOf);
  const superuser = server?.['superuser'] === true;
  return [
    ...serverHazards(server, snapshot),
    ...lockHazards(holders, tables),
    ...rightHazards(rights, keys, superuser),
    ...writeHazards(actions, answers.slice(questions.length)),
  ];
}

/** A walsender of logical replication has a slot of that kind; a standby has one of the other kind, or none. */
function isLogical(not: '' | 'NOT'): string {
  return `${not} EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')`;
}

const serverQuery = `SELECT pg_catalog.pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') = 'on' AS "readOnly",
       (SELECT count(*)::int FROM pg_catalog.pg_stat_replication r WHERE ${isLogical('NOT')}) AS standbys,
       (SELECT count(*)::int FROM pg_catalog.pg_stat_replication r WHERE ${isLogical('')}) AS subscribers,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser`;

function serverHazards(server: Rows[number] | undefined, snapshot: Snapshot): readonly Hazard[] {
  const subject = snapshot.server.product;
  const hazards: Hazard[] = [];
  if (server?.['standby'] === true)
    hazards.push({ code: 'READ_ONLY_SERVER', subject, detail: 'the server is a standby' });
  if (server?.['readOnly'] === true) {
    hazards.push({
      code: 'READ_ONLY_SERVER',
      subject,
      detail: 'default_transaction_read_only is on for this user and database',
    });
  }
  const standbys = Number(server?.['standbys'] ?? 0);
  const subscribers = Number(server?.['subscribers'] ?? 0);
  const attached = (number: number, one: string): string =>
    `${number} ${one}${number === 1 ? ' is' : 's are'} attached`;
  const details = [
    ...(standbys === 0
      ? []
      : [
          `${attached(standbys, 'standby')}: the change waits there for long queries and then cancels them (max_standby_streaming_delay), and new readers of the table wait meanwhile; a transaction there that takes the tables of a key in the other order may end with 40P01 (deadlock)`,
        ]),
    ...(subscribers === 0
      ? []
      : [
          `${attached(subscribers, 'logical subscriber')}: the change never gets there, so run the file there as well`,
        ]),
  ];
  return [...hazards, ...details.map((detail): Hazard => ({ code: 'STANDBYS', subject, detail }))];
}

/** A prepared transaction has no process: its locks are known by `-1/` and its transaction id. Partitions count for their root. */
const holdersQuery = `SELECT wanted.place::int AS place, l.pid, max(EXTRACT(EPOCH FROM now() - coalesce(a.xact_start, x.prepared)))::int AS seconds,
       max(x.gid) AS gid, bool_or(a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)%') AS wraparound
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (nsp, rel, place)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel
  JOIN pg_catalog.pg_locks l ON (l.relation = c.oid OR l.relation IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
       AND l.granted AND l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  LEFT JOIN pg_catalog.pg_prepared_xacts x ON l.pid IS NULL AND l.virtualtransaction = '-1/' || x.transaction
 WHERE l.pid IS DISTINCT FROM pg_backend_pid()
   AND (l.pid IS NULL OR a.xact_start < now() - $3::int * interval '1 second' OR a.query LIKE '%(to prevent wraparound)%')
 GROUP BY wanted.place, l.pid, x.gid ORDER BY wanted.place, l.pid, x.gid`;

function lockHazards(holders: Rows, tables: readonly TableName[]): readonly Hazard[] {
  return holders.flatMap((row): readonly Hazard[] => {
    const table = tables[Number(row['place']) - 1];
    if (table === undefined) return [];
    const seconds = textOf(row['seconds']);
    const hazard = (code: Code, detail: string): readonly Hazard[] => [
      { code, subject: tableText(table), detail },
    ];
    if (row['pid'] === null) {
      const detail = `the prepared transaction ${textOf(row['gid'])} was prepared ${seconds} s ago and holds a lock`;
      return hazard('PREPARED_TRANSACTION', detail);
    }
    const holder = `process ${textOf(row['pid'])}`;
    return hazard(
      'LONG_TRANSACTION',
      row['wraparound'] === true
        ? `${holder} is a vacuum against wraparound, which does not give way; it began ${seconds} s ago`
        : `${holder} holds a lock in a transaction that began ${seconds} s ago`,
    );
  });
}

/**
 * REFERENCES on the parent's columns is enough, column by column; DROP and VALIDATE need only the child's ownership.
 * row_security_active answers for the user of this session, whom the file may not be run by. Keys that nothing is wrong with are left out.
 */
const rightsQuery = `SELECT * FROM (
SELECT wanted.place::int AS place, pg_has_role(current_user, child.relowner, 'USAGE') AS owner,
       child.relkind <> 'p' OR NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(child.oid) JOIN pg_catalog.pg_class part ON part.oid = relid
         WHERE NOT pg_has_role(current_user, part.relowner, 'USAGE')) AS "partitionsOwner",
       has_schema_privilege(pn.oid, 'USAGE') AS usage, has_table_privilege(parent.oid, 'SELECT') AS readable,
       row_security_active(child.oid) AS "childHidden", row_security_active(parent.oid) AND pg_has_role(current_user, parent.relowner, 'USAGE') AS "parentHidden",
       has_table_privilege(parent.oid, 'REFERENCES')
         OR (SELECT bool_and(has_column_privilege(parent.oid, name, 'REFERENCES')) FROM json_array_elements_text(wanted.columns::json) AS name) AS "references"
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS wanted (child_schema, child, parent_schema, parent, columns, place)
  JOIN pg_catalog.pg_namespace cn ON cn.nspname = wanted.child_schema
  JOIN pg_catalog.pg_class child ON child.relnamespace = cn.oid AND child.relname = wanted.child
  JOIN pg_catalog.pg_namespace pn ON pn.nspname = wanted.parent_schema
  JOIN pg_catalog.pg_class parent ON parent.relnamespace = pn.oid AND parent.relname = wanted.parent) AS rights
 WHERE (owner AND "partitionsOwner" AND usage AND readable AND "references" AND NOT "childHidden" AND NOT "parentHidden") IS NOT TRUE`;

function rightHazards(
  rights: Rows,
  keys: readonly ForeignKey[],
  superuser: boolean,
): readonly PreflightHazard[] {
  const missing = new Map(rights.map((row) => [Number(row['place']), row]));
  return keys.flatMap((key, at): readonly PreflightHazard[] => {
    const hazard = (code: Code, detail: string): PreflightHazard => ({
      code,
      subject: keyText(key),
      detail,
      key,
    });
    const row = missing.get(at + 1);
    return [
      ...(row === undefined ? [] : missingRights(row, key, hazard)),
      ...(key.triggers.length === 0 || superuser
        ? []
        : [hazard('TRIGGER_STATE_NEEDS_SUPERUSER', 'the user is not a superuser')]),
    ];
  });
}

function missingRights(
  row: Rows[number],
  key: ForeignKey,
  hazard: (code: Code, detail: string) => PreflightHazard,
): readonly PreflightHazard[] {
  return [
    ...(row['owner'] === true ? [] : [hazard('NOT_OWNER', `the user does not own ${tableText(key.child)}`)]),
    ...(row['owner'] === true && row['partitionsOwner'] === false
      ? [hazard('NOT_OWNER', `the user does not own all partitions of ${tableText(key.child)}`)]
      : []),
    ...(row['references'] === true
      ? []
      : [hazard('NOT_OWNER', `the user has no REFERENCES on ${tableText(key.parent)}`)]),
    ...(row['usage'] === true
      ? []
      : [hazard('NOT_OWNER', `the user has no USAGE on schema ${key.parent.schema}`)]),
    ...(row['readable'] === true || !key.validated
      ? []
      : [hazard('ROW_BY_ROW_VALIDATE', `the user has no SELECT on ${tableText(key.parent)}`)]),
    ...(key.validated || key.halfDone !== null ? hiddenRows(row, key) : []).map((table) =>
      hazard('ROWS_HIDDEN', `row security hides rows of ${tableText(table)} from the user`),
    ),
  ];
}

/** VALIDATE reads both tables as the user does; only from one who does not own the parent it turns to the key's own triggers, which see all. */
function hiddenRows(row: Rows[number], { child, parent }: ForeignKey): readonly TableName[] {
  return [...(row['childHidden'] === true ? [child] : []), ...(row['parentHidden'] === true ? [parent] : [])];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}
