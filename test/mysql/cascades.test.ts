// A server that forgets rows when a cascade goes over more than two keys: where it does, it is told; where it is not told, it does not.
import { clause } from '../builders.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import { changeOf, keyNamed, lab } from './lab.ts';

interface Shape {
  readonly name: string;
  /** `child -> parent` of each key, in the order of the tables. */
  readonly keys: readonly (readonly [child: string, parent: string])[];
  /** Into each table: the parents of its rows, by key. */
  readonly rows: Readonly<Record<string, readonly (readonly (number | null)[])[]>>;
  readonly forgets: boolean;
}

const shapes: readonly Shape[] = [
  {
    name: 'two keys',
    keys: [
      ['a', 't'],
      ['b', 'a'],
    ],
    rows: { t: [[]], a: [[1], [1]], b: [[1], [1], [2]] },
    forgets: false,
  },
  {
    name: 'three keys, the lowest table empty',
    keys: [
      ['a', 't'],
      ['b', 'a'],
      ['d', 'b'],
    ],
    rows: { t: [[]], a: [[1], [1]], b: [[1], [1], [2]], d: [] },
    forgets: true,
  },
  {
    name: 'a circle',
    keys: [
      ['t', 'b'],
      ['b', 't'],
    ],
    rows: { t: [[null], [1]], b: [[1]] },
    forgets: true,
  },
  {
    name: 'a self reference and two keys below it, the lowest table empty',
    keys: [
      ['t', 't'],
      ['a', 't'],
      ['b', 'a'],
    ],
    rows: { t: [[null], [1]], a: [[1], [2], [1]], b: [] },
    forgets: true,
  },
  {
    name: 'a self reference and one key below it',
    keys: [
      ['t', 't'],
      ['a', 't'],
    ],
    rows: { t: [[null], [1]], a: [[1], [2], [1]] },
    forgets: false,
  },
  {
    name: 'a self reference below another key, and one key below it',
    keys: [
      ['a', 't'],
      ['a', 'a'],
      ['b', 'a'],
    ],
    rows: {
      t: [[]],
      a: [
        [1, null],
        [null, 1],
        [1, null],
        [null, 3],
      ],
      b: [[1], [2], [3], [4]],
    },
    forgets: false,
  },
  {
    name: 'a table under two others',
    keys: [
      ['a', 't'],
      ['b', 't'],
      ['x', 'a'],
      ['x', 'b'],
    ],
    rows: {
      t: [[]],
      a: [[1], [1]],
      b: [[1], [1]],
      x: [
        [1, 2],
        [2, 1],
        [1, 1],
      ],
    },
    forgets: false,
  },
];

function sqlOf({ keys, rows }: Shape): string {
  const tables = Object.keys(rows);
  const columns = (table: string): readonly string[] =>
    keys.flatMap(([child], at) => (child === table ? [`f${at}`] : []));
  return [
    'SET SESSION foreign_key_checks = 0',
    ...tables.map((table) => {
      const mine = keys.flatMap(([child, parent], at) =>
        child === table
          ? [`f${at} INT, CONSTRAINT k${at} FOREIGN KEY (f${at}) REFERENCES ${parent} (id) ON DELETE CASCADE`]
          : [],
      );
      return `CREATE TABLE ${table} (${['id INT PRIMARY KEY', ...mine].join(', ')})`;
    }),
    ...tables.flatMap((table) =>
      (rows[table] ?? []).map(
        (cells, at) =>
          `INSERT INTO ${table} (${['id', ...columns(table)].join(', ')}) VALUES (${[at + 1, ...cells.map((cell) => cell ?? 'NULL')].join(', ')})`,
      ),
    ),
    'SET SESSION foreign_key_checks = 1',
    'DELETE FROM t WHERE id = 1',
  ].join('; ');
}

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  const isForgetful = server.id === 'mysql-9.7';

  test.each(shapes)('$name', async (shape) => {
    const at = await lab(server);
    try {
      await at.make(sqlOf(shape));
      let orphans = 0;
      for (const [index, [child, parent]] of shape.keys.entries()) {
        const [row] = await at.query(
          `SELECT count(*) AS n FROM ${child} AS c LEFT JOIN ${parent} AS p ON p.id = c.f${index} WHERE c.f${index} IS NOT NULL AND p.id IS NULL`,
        );
        orphans += Number(row?.['n']);
      }
      const forgets = isForgetful && shape.forgets;
      expect(orphans > 0).toBe(forgets);
      const snapshot = await at.snapshot();
      const found = at.dialect.findings(schemaIndex(snapshot)).map((finding) => finding.code);
      expect(found).toEqual(forgets ? ['CASCADE_LEAVES_ROWS_LIVE'] : []);
      // As if all of them were to be changed together: no key alone makes the path.
      const refusing = {
        ...snapshot,
        foreignKeys: snapshot.foreignKeys.map((key) => ({ ...key, onDelete: 'RESTRICT' as const })),
      };
      const changes = shape.keys.map((_, index) => changeOf(keyNamed(refusing, `k${index}`), 'CASCADE'));
      const judged = (some: typeof changes): readonly string[] => {
        const hazards = at.dialect.checkChanges?.(
          some,
          schemaIndex(refusing),
          at.dialect.capabilities(at.identity),
        );
        return some.flatMap((change) => hazards?.get(change)?.code ?? []);
      };
      expect(judged(changes)).toEqual(forgets ? shape.keys.map(() => 'CASCADE_LEAVES_ROWS') : []);
      expect(judged(changes.slice(1))).toEqual([]);
    } finally {
      await at.close();
    }
  });

  const inside = 'FOREIGN KEY (up_tenant, up_id) REFERENCES s (tenant, id)';
  test.each([
    ['first value as of the parent', inside, 'CASCADE', '(1, 1, NULL, NULL), (1, 2, 1, 1)', true],
    ['another first value', inside, 'CASCADE', '(1, 1, NULL, NULL), (2, 2, 1, 1)', false],
    [
      'the tenant on both sides',
      inside.replace('up_tenant', 'tenant'),
      'CASCADE',
      '(1, 1, NULL, NULL), (1, 2, NULL, 1)',
      true,
    ],
    ['SET NULL', inside, 'SET NULL', '(1, 1, NULL, NULL), (1, 2, 1, 1)', false],
  ] as const)('a self reference of two columns: %s', async (_what, key, action, rows, forgets) => {
    const at = await lab(server);
    try {
      await at.make(
        `CREATE TABLE s (tenant INT, id INT, up_tenant INT, up_id INT, PRIMARY KEY (tenant, id), CONSTRAINT inside ${key} ON DELETE ${action});
        INSERT INTO s VALUES ${rows}; DELETE FROM s WHERE id = 1`,
      );
      const left = await at.query('SELECT * FROM s WHERE up_id IS NOT NULL');
      expect(left.length > 0).toBe(isForgetful && forgets);
      const snapshot = await at.snapshot();
      const cascades = isForgetful && action === 'CASCADE';
      expect(at.dialect.findings(schemaIndex(snapshot)).map((finding) => finding.code)).toEqual(
        cascades ? ['CASCADE_LEAVES_ROWS_LIVE'] : [],
      );
      const codes = at.dialect
        .checkChange(
          keyNamed(snapshot, 'inside'),
          clause(action),
          schemaIndex(snapshot),
          at.dialect.capabilities(at.identity),
        )
        .map((hazard) => hazard.code);
      expect(codes.includes('SELF_REFERENCE_LEAVES_ROWS')).toBe(cascades);
    } finally {
      await at.close();
    }
  });
}
