/** What `lint` asks of MySQL and MariaDB beyond their findings. */
import type { ServerSession, Session } from '../../sql/session.ts';
import { compareText, keyText } from '../../../src/core/names.ts';
import type { Finding, Snapshot } from '../../../src/core/model.ts';
import type { Ddl } from '../../sql/ddl.ts';
import { deeperThan, tooDeep, trees } from '../../sql/tree-depth.ts';
import { capabilities } from '../checks/capabilities.ts';
import { cascading } from '../checks/cascades.ts';
import type { Bound } from './bounds.ts';

export async function liveFindings(
  session: ServerSession,
  snapshot: Snapshot,
  ddl: Ddl,
  bound: Bound,
  milliseconds: number,
): Promise<readonly Finding[]> {
  return [
    ...(await otherEngines(session, snapshot)),
    ...(await notLogged(session, snapshot)),
    ...(await deepTrees(session, snapshot, ddl, bound, milliseconds)),
  ];
}

/** All in one message: with a query for each, a server that is far away is waited for as often as there are such tables. */
async function deepTrees(
  session: ServerSession,
  { foreignKeys, server }: Snapshot,
  ddl: Ddl,
  bound: Bound,
  milliseconds: number,
): Promise<readonly Finding[]> {
  const levels = cascading(server).mostLevels ?? 0;
  const keys = trees(foreignKeys);
  const questions = keys.map((key) => ({
    sql: ddl.text(bound(deeperThan(ddl, key, levels), milliseconds)),
  }));
  // Each may take a tenth of the time.
  const answers = await session.queryAll(questions, milliseconds * 10);
  return keys.flatMap((key, at) => {
    const answer = answers[at];
    return answer?.status === 'fulfilled' && answer.value.length > 0 ? [tooDeep(key, levels)] : [];
  });
}

/** A table of another engine takes REFERENCES and forgets it, so nothing of the key is left to be read: the tables are named instead. */
async function otherEngines(session: Session, snapshot: Snapshot): Promise<readonly Finding[]> {
  const schemas = [...new Set(snapshot.tables.map(({ schema }) => schema))].sort(compareText);
  if (schemas.length === 0) return [];
  const rows = await session.query(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, ENGINE AS e FROM information_schema.TABLES
      WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE NOT IN ('InnoDB', 'ndbcluster') AND TABLE_SCHEMA IN (?) ORDER BY 1, 2`,
    [schemas],
  );
  return rows.map((row) => ({
    code: 'ENGINE_IGNORES_KEYS',
    severity: 'info',
    subject: `${String(row['s'])}.${String(row['t'])}`,
    detail: `its engine is ${String(row['e'])}`,
    position: null,
  }));
}

/** Where InnoDB enforces keys, what a cascade does is not in the binary log; replicas do it again by themselves. */
async function notLogged(session: Session, snapshot: Snapshot): Promise<readonly Finding[]> {
  const { server } = snapshot;
  const native = server.flavor === 'mariadb' || capabilities(server)['cascadesOverChains']?.has === true;
  const acting = snapshot.foreignKeys.filter(
    ({ onDelete, enforced }) => enforced && (onDelete === 'CASCADE' || onDelete === 'SET NULL'),
  );
  const [first] = acting;
  if (!native || first === undefined) return [];
  const [setting] = await session.query('SELECT @@GLOBAL.log_bin AS log_bin');
  if (Number(setting?.['log_bin']) !== 1) return [];
  const more = acting.length - 1;
  const others = more === 0 ? '' : ` and ${more} more ${more === 1 ? 'key' : 'keys'}`;
  return [
    {
      code: 'CASCADE_NOT_LOGGED',
      severity: 'info',
      subject: keyText(first),
      detail: `log_bin is on; ${first.onDelete} over this key${others}`,
      position: null,
    },
  ];
}
