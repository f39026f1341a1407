/** What a MySQL file sets in its session, and how it puts it back. */
import { tableId } from '../../../src/core/names.ts';
import type { Statement } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { isParentUnique } from '../checks/parents.ts';
import type { KeySwap } from './key-swap.ts';
import { guard } from '../../sql/guard.ts';

interface Setting {
  readonly name: string;
  readonly value: number;
}

const forSwaps: readonly Setting[] = [
  /** Otherwise a swap would copy the table and check its rows (INPLACE is refused: error 1846, measured). */
  { name: 'foreign_key_checks', value: 0 },
  /** Seconds, and the least there is; every wait of an ALTER is for metadata locks (measured on 9.7, both ways of enforcing keys). */
  { name: 'lock_wait_timeout', value: 1 },
  { name: 'innodb_lock_wait_timeout', value: 1 },
];
/** Orphans are counted for information, so no limit for queries may end the file (errors 1104 and 3024). */
export const forCounts: readonly Setting[] = [
  { name: 'sql_big_selects', value: 1 },
  { name: 'max_execution_time', value: 0 },
];
/** A table cannot be altered while a key to columns that are not unique points to it (error 1553, 8.4 and later). */
const forLooseKeys: Setting = { name: 'restrict_fk_on_non_standard_key', value: 0 };

/** Holds the statement that puts the session back; kept once, because a second try must not take our settings for the caller's. */
const kept = '@ondelete_session';

export function setUp(
  schema: SchemaIndex,
  swaps: readonly KeySwap[],
  more: readonly Setting[],
): readonly Statement[] {
  const used = [...forSwaps, ...more, ...(meetsLooseKeys(schema, swaps) ? [forLooseKeys] : [])];
  const values = used.map(({ name }, at) => `'${at === 0 ? 'SET ' : ', '}${name} = ', @@SESSION.${name}`);
  const isKeyless = ({ key }: KeySwap): boolean =>
    schema.table(key.child)?.indexes.some(({ primary }) => primary) === false;
  const keyless = swaps.some(isKeyless);
  // Setting this one needs a privilege (error 1227), so it is set only where the server demands primary keys (error 3750).
  const ifDemanded = (sql: string, otherwise: string): string =>
    `IF(@@SESSION.sql_require_primary_key, '${sql}', '${otherwise}')`;
  const all = [...values, ...(keyless ? [ifDemanded(', sql_require_primary_key = 1', '')] : [])];
  return [
    guard(
      `SET ${kept} = COALESCE(${kept}, CONCAT(${inLines(all)}))`,
      'In this session alone, so that the ALTERs read no rows. If your client stops at an error and goes on in the session, run the last part by hand.',
    ),
    guard(`SET SESSION ${used.map(({ name, value }) => `${name} = ${value}`).join(', ')}`),
    ...(keyless
      ? [
          guard(`SET @ondelete_sql = ${ifDemanded('SET SESSION sql_require_primary_key = 0', 'DO 0')}`),
          guard('PREPARE ondelete FROM @ondelete_sql'),
          guard('EXECUTE ondelete'),
        ]
      : []),
  ];
}

/** The first alone, then some a line. */
function inLines([first = '', ...values]: readonly string[], perLine = 2): string {
  return values.reduce((text, value, at) => `${text},${at % perLine === 0 ? '\n  ' : ' '}${value}`, first);
}

function meetsLooseKeys(schema: SchemaIndex, swaps: readonly KeySwap[]): boolean {
  const { foreignKeys, server } = schema.snapshot;
  if (server.settings[forLooseKeys.name] === undefined) return false;
  const loose = foreignKeys.filter((key) => !isParentUnique(key, schema));
  const parents = new Set(loose.map(({ parent }) => tableId(parent)));
  return swaps.some(({ key }) => parents.has(tableId(key.child)));
}

/** Nothing is kept where the file stopped before it set anything. */
export function putBack(variables: readonly string[]): readonly Statement[] {
  const forget = [kept, ...variables].map((name) => `${name} = NULL`);
  return [
    guard(`SET ${kept} = COALESCE(${kept}, 'DO 0')`, 'Put the session back as it was.'),
    guard(`PREPARE ondelete FROM ${kept}`),
    guard('EXECUTE ondelete'),
    guard('DEALLOCATE PREPARE ondelete'),
    guard(`SET ${inLines([forget.slice(0, 6).join(', '), ...forget.slice(6)], 4)}`),
  ];
}
