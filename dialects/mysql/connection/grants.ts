/**
 * Whether a user sees every key of a schema. With rights on some tables only, both servers show a shorter list of keys that
 * agrees with itself (measured on MySQL 9.7 and MariaDB 10.11), so the rights are asked for, not the list.
 */
import { type Answer, rowsOf, type Session } from '../../sql/session.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Server, TableName } from '../../../src/core/model.ts';
import { serverError } from './errors.ts';

/** One line of SHOW GRANTS on tables. */
interface Grant {
  /** `*` for the whole server, else the schema as written there, which may be a LIKE pattern. */
  readonly schema: string;
  /** `*` for all tables of the schema. */
  readonly table: string;
  readonly privileges: readonly string[];
  readonly revoked: boolean;
}

export interface Rights {
  /** Grants are not looked at by a server started with skip-grant-tables. */
  readonly everything: boolean;
  readonly process: boolean;
  readonly grants: readonly Grant[];
}

/** MariaDB hides REFERENTIAL_CONSTRAINTS from a user with SELECT alone; any of these besides shows them (measured on 11.8). */
const beyondSelect = [
  'INSERT',
  'UPDATE',
  'DELETE',
  'REFERENCES',
  'ALTER',
  'INDEX',
  'CREATE',
  'DROP',
  'TRIGGER',
  'SHOW VIEW',
];

/** Reads one line of SHOW GRANTS, printed under sql_mode ''. Null for lines about routines, roles and proxies. */
export function parseGrant(line: string): Grant | null {
  const match = /^(GRANT|REVOKE) (.+?) ON (\*|`(?:[^`]|``)*`)\.(\*|`(?:[^`]|``)*`) (?:TO|FROM) /s.exec(line);
  if (match === null) return null;
  const [, verb, list = '', schema = '', table = ''] = match;
  return {
    schema: unquoted(schema),
    table: unquoted(table),
    privileges: list.split(',').map((privilege) => privilege.trim()),
    revoked: verb === 'REVOKE',
  };
}

function unquoted(name: string): string {
  return name === '*' ? '*' : name.slice(1, -1).replaceAll('``', '`');
}

/** The rights of the session's user. SHOW GRANTS without FOR tells those of active roles too (measured on MySQL 9.7, MariaDB 10.11 and 11.8). */
export async function readRights(session: Session): Promise<Rights> {
  const [answer] = await Promise.allSettled([session.query(grantsQuery)]);
  return rightsIn(answer);
}

export const grantsQuery = 'SHOW GRANTS';

/** @param answer what the server said to `grantsQuery` */
export function rightsIn(answer: Answer | undefined): Rights {
  // 1290: skip-grant-tables, nobody is refused anything.
  if (answer?.status === 'rejected' && serverError(answer.reason) === 1290)
    return { everything: true, process: true, grants: [] };
  const grants = rowsOf(answer)
    .flatMap((row) => Object.values(row).map((line) => parseGrant(String(line))))
    .filter((grant) => grant !== null);
  return { everything: false, process: holds(grants, '*', ['PROCESS']), grants };
}

/** Whether the user has one of these privileges on everything in the schema, or on one table of it. */
function holds(
  grants: readonly Grant[],
  schema: string,
  privileges: readonly string[],
  table = '*',
): boolean {
  return privileges.some((privilege) => {
    const about = grants.filter(
      (grant) =>
        reaches(grant, schema) &&
        (grant.table === '*' || grant.table === table) &&
        grant.privileges.some((each) => each === privilege || each === 'ALL PRIVILEGES'),
    );
    return about.some((grant) => !grant.revoked) && !about.some((grant) => grant.revoked);
  });
}

function reaches(grant: Grant, schema: string): boolean {
  if (grant.schema === '*') return true;
  const wildcard = /(?:^|[^\\])[_%]/.test(grant.schema);
  if (!wildcard || grant.revoked)
    return grant.schema.replace(/\\([_%\\])/g, '$1') === schema || grant.schema === schema;
  return likePattern(grant.schema).test(schema);
}

function likePattern(pattern: string): RegExp {
  const body = pattern.replace(/\\[_%\\]|[\s\S]/gu, (part) => {
    if (part === '%') return '[\\s\\S]*';
    if (part === '_') return '[\\s\\S]';
    const literal = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part;
    return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
  return new RegExp(`^${body}$`, 'u');
}

/** Whether information_schema hides no key of this schema from the user. */
export function seesAllKeys(rights: Rights, server: Server, schema: string): boolean {
  if (rights.everything) return true;
  if (!holds(rights.grants, schema, ['SELECT'])) return false;
  return server.flavor === 'mysql' || holds(rights.grants, schema, beyondSelect);
}

/** Whether the user may do this with a table. */
export function may(rights: Rights, table: TableName, privilege: string): boolean {
  return rights.everything || holds(rights.grants, table.schema, [privilege], table.name);
}

/** The error for a user who may not see all keys of a schema. */
export function hiddenKeys(server: Server, schema: string): OndeleteError {
  const wanted = server.flavor === 'mariadb' ? 'SELECT, REFERENCES' : 'SELECT';
  return new OndeleteError(
    'INSUFFICIENT_PRIVILEGE',
    `this user may not see every foreign key of ${schema}, and a shorter list would look like a complete one`,
    `GRANT ${wanted} ON \`${schema.replaceAll('`', '``')}\`.* to the user (or PROCESS beside rights on each table).`,
  );
}
