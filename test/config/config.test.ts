import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { expand } from '../../src/config/environment.ts';
import { exclusion, schemaScope } from '../../src/config/scope.ts';
import { jsonSchema } from '../../src/config/schema.ts';
import { configOf, failureOf } from '../support/configs.ts';
import { postgresNames, sqliteNames } from '../support/random-snapshots.ts';

const inPolicy = (rules: string): string => `policy:\n  default: error\n  rules:\n${rules}\n`;

describe('a configuration is read', () => {
  test('all of it', async () => {
    const config = await configOf(
      [
        '\uFEFFdatabase: ${DATABASE_URL}\r',
        'schemas: [public, billing]\r',
        'exclude: [auth.*, storage.*]\r',
        'tool: kysely\r',
        'out: migrations\r',
        'policy:\r',
        '  default: Keep\r',
        '  rules:\r',
        "    - match: &audit ['audit_* -> users', 'history.* -> users']\r",
        "      except: 'audit_logins -> users'\r",
        '      constraint: a_fkey\r',
        '      when: { nullable: true, from: NO  action }\r',
        '      onDelete: SET NULL ( a , "b c")\r',
        '      reason: because\r',
        '      optional: true\r',
        '    - match: *audit\r',
        '      onDelete: refuse\r',
        '  never:\r',
        '    - users ~> billing.invoices\r',
        '',
      ].join('\n'),
    );
    expect(config).toMatchObject({
      file: '/c.yaml',
      databases: [{ text: '${DATABASE_URL}', position: { file: 'c.yaml', line: 1, column: 11 } }],
      schemas: [{ text: 'public' }, { text: 'billing', position: { line: 2, column: 19 } }],
      exclude: [{ text: 'auth.*' }, { text: 'storage.*' }],
      tool: { text: 'kysely' },
      out: { text: 'migrations' },
      policy: {
        default: { kind: 'keep' },
        defaultPosition: { line: 7, column: 3 },
        rules: [
          {
            match: [
              { text: 'audit_* -> users' },
              { text: 'history.* -> users', position: { line: 9, column: 42 } },
            ],
            except: [{ text: 'audit_logins -> users' }],
            constraint: 'a_fkey',
            nullable: true,
            from: ['NO ACTION'],
            onDelete: { kind: 'clause', clause: { onDelete: 'SET NULL', onDeleteColumns: ['a', 'b c'] } },
            reason: 'because',
            optional: true,
            position: { line: 9, column: 7 },
          },
          {
            match: [{ text: 'audit_* -> users' }, {}],
            onDelete: { kind: 'refuse' },
            reason: null,
            optional: false,
          },
        ],
        never: [{ text: 'users ~> billing.invoices', position: { line: 19, column: 7 } }],
      },
    });
  });

  test.each(['', '# nothing', '---', '{}', 'null'])('an empty one: %j', async (text) => {
    expect(await configOf(text)).toEqual({
      file: '/c.yaml',
      databases: [],
      schemas: null,
      exclude: [],
      tool: null,
      out: null,
      scratch: null,
      orm: null,
      findings: { severity: {}, ignore: [] },
      policy: null,
    });
  });

  test('variables are replaced when the value is used', async () => {
    const config = await configOf(
      'database: ${SCHEME}://${A_HOST}/x\nschemas: ["${S}_*", \'"${S}"\']\nexclude: [a$]',
    );
    const [database] = config.databases;
    if (database === undefined) throw new Error('no database');
    expect(expand(database, { SCHEME: 'mysql', A_HOST: '${SCHEME}' })).toBe('mysql://${SCHEME}/x');
    const missing = expect.objectContaining({
      code: 'ENVIRONMENT_VARIABLE_MISSING',
      message: 'c.yaml:1:11: the environment variable A_HOST is not set',
      help: 'Set A_HOST, or write the value instead.',
    });
    expect(() => expand(database, { SCHEME: 'mysql' })).toThrow(missing);
    expect(() => expand(database, { SCHEME: 'mysql', A_HOSTS: 'a' })).toThrow(
      'A_HOST is not set; did you mean `A_HOSTS`?',
    );
    expect(() => expand({ ...database, text: '${A:-b}' }, {})).toThrow(
      'c.yaml:1:11: `${A:-b}` is not a variable',
    );
    const inScope = schemaScope(config.schemas, postgresNames, { S: 'shop' });
    expect(['shop_eu', '${S}', 'shop'].map((schema) => inScope?.(schema))).toEqual([true, true, false]);
    expect(schemaScope(null, postgresNames, {})).toBeNull();
  });

  test('variables in patterns stand outside double quotes', async () => {
    const text = inPolicy('    - match: \'${S}.a -> "${S}"\'\n      onDelete: keep');
    expect((await configOf(text, { S: 'shop' })).policy?.rules[0]?.match[0]?.text).toBe('shop.a -> "${S}"');
    expect(await failureOf(text)).toBe(
      'ENVIRONMENT_VARIABLE_MISSING c.yaml:4:14: the environment variable S is not set | Set S, or write the value instead.',
    );
  });

  test('tables that others own', async () => {
    const { exclude } = await configOf("exclude: [auth.*, 'Spatial_{a,b}']");
    const excluded = exclusion(exclude, sqliteNames, {});
    const tables = ['auth.users', 'main.spatial_a', 'main.spatial_c'].map((text) => text.split('.'));
    expect(tables.map(([schema = '', name = '']) => excluded({ schema, name }))).toEqual([true, true, false]);
    expect(exclusion([], sqliteNames, {})({ schema: 'a', name: 'b' })).toBe(false);
    const broken = await configOf("exclude: ['a b']");
    expect(() => exclusion(broken.exclude, sqliteNames, {})).toThrow("c.yaml:1:11: 'a b': unexpected `b`");
  });
});

describe('the published JSON Schema', () => {
  test('is the one that the reader checks (UPDATE=1 rewrites it)', async () => {
    const file = new URL('../../ondelete.schema.json', import.meta.url);
    const text = `${JSON.stringify(jsonSchema(), null, 2)}\n`;
    if (process.env['UPDATE'] === '1') await writeFile(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('takes what the reader takes', async () => {
    const { default: Ajv } = await import('ajv');
    const validate = new Ajv.default({ allowUnionTypes: true }).compile(jsonSchema());
    const withAction = (onDelete: string) => ({
      policy: { default: 'error', rules: [{ match: ['a -> b'], onDelete }] },
    });
    for (const onDelete of ['cascade', ' SET  NULL (a, b)', 'No Action', 'refuse'])
      expect(validate(withAction(onDelete))).toBe(true);
    for (const onDelete of ['casade', 'restrict (a)', 'error'])
      expect(validate(withAction(onDelete))).toBe(false);
    expect(validate({ databse: 'x' })).toBe(false);
  });
});

test.each(['policy: {}\n', 'policy:\n  rules:\n    # none yet\n'])(
  'a policy without `default` and `rules` decides nothing, and says so key by key: %j',
  async (text) => {
    const { policy } = await configOf(text);
    expect(policy).toMatchObject({
      default: { kind: 'error' },
      rules: [],
      defaultPosition: { file: 'c.yaml' },
    });
  },
);
