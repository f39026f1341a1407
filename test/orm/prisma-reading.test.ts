// Schema files as people write them and as they get them wrong; where they are looked for; what is made of names.
import { parse as parseYaml } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { madeOf } from '../../src/orm/prisma/keys.ts';
import { type Block, parseSchema } from '../../src/orm/prisma/language.ts';
import { type PrismaSchema, schemaOf } from '../../src/orm/prisma/models.ts';
import { factsIn, nodeProject, type Project } from './node-project.ts';

const blocksOf = (source: string): readonly Block[] => parseSchema('s', source);

const schemaIn = (source: string): PrismaSchema => schemaOf([{ file: 's', blocks: blocksOf(source) }]);
const inModel = (line: string): string => `model M {\n  id Int @id\n  ${line}\n}\n`;

describe('the language', () => {
  test.each([
    ['words of the language as names', 'model String'],
    ['a trailing comment', 'm Int // } {'],
    ['a comment in a block', '/* } \n @@map("no") */ m Int'],
    ['quotes and comment marks in a text', 'm String @default("a \\"q\\" // no } [")'],
    ['names beyond ASCII', 'größe Int'],
    ['a list over several lines', 'm Int\n  @@index([\n    m,\n    id(sort: Desc)\n  ])'],
    ['functions in an index', 'm Json\n  @@index([m(ops: raw("jsonb_path_ops"))], type: Gin)'],
    ['a condition as an object', 'm Int\n  @@unique([m], where: { m: { gt: 1 } })'],
    ['an unsupported type', 'm Unsupported("geometry(Point, 4326)")? @default(dbgenerated("x()"))'],
    ['numbers', 'm Decimal @default(-1.50)\n  n BigInt @default(9223372036854775807)'],
    ['lists and native types', 'm String[] @default(["a", "b"]) @db.VarChar(10)'],
    ['blanks where none are needed', 'm   Int  ?   @map( "x" )  '],
    ['windows line ends', 'm Int\r\n\r\n  n Int'],
  ])('%s', (_, line) => {
    const [model] = blocksOf(inModel(line));
    expect(model?.attributes.find(({ name }) => name === 'map')).toBeUndefined();
    expect(model?.fields.length).toBeGreaterThan(line.startsWith('@@') ? 0 : 1);
    expect(model?.fields[0]).toMatchObject({ name: 'id', line: 2 });
  });

  test('lines count through comments, texts and empty lines; a mark belongs to the field below it', () => {
    const source =
      '\uFEFF// one\n\n/* two\n three */\nmodel M { // why\n\n  /// ondelete: ignore: x\n\n  a Int\n  /// doc\n  /// ondelete: ignore: y, z\n  b Int @id // c\n}\n';
    const { fields } = schemaIn(source).models.get('M') ?? { fields: [] };
    expect(fields.map(({ name, place, mark }) => [name, place.line, mark])).toEqual([
      ['a', 9, null],
      ['b', 12, 'ignore: y, z'],
    ]);
  });

  test.each([
    ['model M {\n  id Int', 2, 'the end of the line expected, not "the end of the file"'],
    ['model M {\n  id\n}', 2, 'the type of the field expected, not "the end of the line"'],
    ['model M {\n  id Int @relation(fields: [a\n}', 3, '`,` or `]` expected, not "}"'],
    ['model M {\n  id Int 5\n}', 2, 'the end of the line expected, not "5"'],
    ['model M {\n  id Int @default("x)\n}', 2, 'a value expected, not "\\""'],
    ['<<<<<<< HEAD\nmodel M {\n}', 1, 'a block such as `model` expected, not "<"'],
    [inModel(`m Int @x(${'['.repeat(20_000)})`), 3, 'brackets are nested deeper than 100 levels'],
    ['type Email = String', 1, '`{` expected, not "="'],
    ['model {\n}', 1, 'its name expected, not "{"'],
  ])('what does not fit is reported with its line: %.60j', (source, line, message) => {
    expect(() => parseSchema('s', source)).toThrow(`s:${line}: ${message}`);
  });
});

describe('names', () => {
  const named = (source: string): readonly string[] =>
    madeOf(schemaIn(source)).foreignKeys.map(({ child, name }) => `${child.name} ${name ?? ''}`);

  test('names that are too long are cut as Prisma cuts them, whole letters only', () => {
    const long = 'L'.repeat(58);
    const relation = (provider: string): string => `datasource db {\n  provider = "${provider}"\n}
model A {\n  id Int @id\n  bs B[] @relation("${long}12345")\n  bId Int @map("ü${long}")\n  b B @relation("r", fields: [bId], references: [id])\n}
model B {\n  id Int @id\n  as A[] @relation("${long}12345")\n  more A[] @relation("r")\n}`;
    expect(named(relation('postgresql'))).toEqual([
      `_${long}1234 _${long.slice(3)}_A_fkey`,
      `_${long}1234 _${long.slice(3)}_B_fkey`,
      `A A_ü${long.slice(4)}_fkey`,
    ]);
    expect(named(relation('mysql'))).toEqual([
      `_${long}12345 _${long.slice(2)}_A_fkey`,
      `_${long}12345 _${long.slice(2)}_B_fkey`,
      `A A_ü${long.slice(3)}_fkey`,
    ]);
  });

  test('the column A of a link table leads to the model that comes first, whatever its table is called', () => {
    const source = `model Zebra {\n  id Int @id\n  apes ape[]\n  @@map("a")\n}\nmodel ape {\n  no Int @id\n  zebras Zebra[]\n  @@map("z")\n}`;
    const { foreignKeys, tables } = madeOf(schemaIn(source));
    expect(tables.map(({ name }) => name)).toEqual(['a', 'z', '_ZebraToape']);
    expect(
      foreignKeys.map(({ columns, parent, parentColumns }) => [columns, parent.name, parentColumns]),
    ).toEqual([
      [['A'], 'a', ['id']],
      [['B'], 'z', ['no']],
    ]);
  });

  test('what cannot be resolved is told, and the rest is read', () => {
    const source = `model A {\n  id Int @id\n  b B @relation(fields: [bId], references: [id])\n  c Gone\n  d B @relation("x", fields: [id], references: [no])\n}\nmodel B {\n  id Int @id\n}\nmodel B {\n  id Int @id\n}`;
    const { errors, foreignKeys } = madeOf(schemaIn(source));
    expect(errors.map(({ message, place }) => `${place?.line ?? 0}: ${message}`)).toEqual([
      '10: B is declared twice, first in s:7',
      '4: A.c is of the type Gone, which is declared nowhere',
      '3: A has no field "bId"',
      '5: B has no field "no"',
    ]);
    expect(foreignKeys).toEqual([]);
  });

  test('a word that is no action is told, and so is what an action is called elsewhere', () => {
    const source = inModel(
      'pId Int\n  p M @relation("t", fields: [pId], references: [id], onDelete: Casacde)\n  c M[] @relation("t")',
    );
    expect(madeOf(schemaIn(source)).foreignKeys.map(({ onDelete }) => onDelete)).toEqual(['Casacde']);
  });
});

describe('where the schema is looked for', () => {
  const patience = 120_000;
  const model = (name: string): string => `model ${name} {\n  id Int @id\n}\n`;
  let project: Project;
  beforeAll(async () => {
    project = await nodeProject('prisma', null);
  }, patience);
  afterAll(() => project.remove());
  const facts = async (...models: readonly string[]): Promise<readonly string[]> => {
    const read = await project.run([
      'facts',
      '--orm',
      'prisma',
      ...models.flatMap((each) => ['--models', each]),
    ]);
    if (read.code !== 0) return [read.stderr.trimEnd()];
    const { source, tables } = factsIn(read);
    return [source, ...tables.map(({ name }) => name)];
  };

  test('the usual places, package.json and prisma.config, of which none is run', async () => {
    const [nowhere] = await facts();
    expect(nowhere).toContain('no models are named, and there is no schema.prisma, prisma/schema.prisma');
    project.write('prisma/schema/a.prisma', model('Folder'));
    expect(await facts()).toEqual(['prisma/schema/a.prisma', 'Folder']);
    project.write('prisma/schema.prisma', model('File'));
    expect(await facts()).toEqual(['prisma/schema.prisma', 'File']);
    project.write('db/one.prisma', model('One'));
    project.write('db/more/two.prisma', model('Two'));
    project.write('package.json', '{ "prisma": { "schema": "./db/one.prisma" } }');
    expect(await facts()).toEqual(['db/one.prisma', 'One']);
    const config = (schema: string): string =>
      `import path from 'node:path';\nthrow new Error('run');\n// schema: 'no'\nexport default { datasource: { url: 'x://y' }, ${schema} };\n`;
    project.write('prisma.config.ts', config("schema: 'db'"));
    expect(await facts()).toEqual(['db/more/two.prisma, db/one.prisma', 'Two', 'One']);
    project.write('prisma.config.ts', config("schema: path.join(__dirname, 'db', 'more')"));
    expect(await facts()).toEqual(['db/more/two.prisma', 'Two']);
    project.write('prisma.config.ts', config(''));
    expect(await facts()).toEqual(['db/one.prisma', 'One']);
    project.write('prisma.config.ts', config('schema: process.env.SCHEMA'));
    expect(await facts()).toEqual([
      expect.stringContaining(
        'prisma.config.ts says in code where the schema is, and no code is run. Name the file',
      ),
    ]);
    expect(await facts('prisma', 'db/one.prisma')).toEqual([
      'db/one.prisma, prisma/schema.prisma, prisma/schema/a.prisma',
      'One',
      'File',
      'Folder',
    ]);
  });

  test.each([
    ['no syntax', 'model M {', 's.prisma:1: `}` expected, not "the end of the file". Check it with'],
    ['no model', '// empty', 's.prisma declares no model. Name the file'],
    [
      'a database without foreign keys',
      'datasource d {\n  provider = "mongodb"\n}\nmodel M {\n  id Int @id\n}',
      's.prisma is for mongodb, which ondelete does not support. It supports PostgreSQL, MySQL, MariaDB and SQLite',
    ],
    ['no such file', null, 'there is no none.prisma. Name the file'],
    ['a folder without one', null, 'node_modules holds no *.prisma file. Name the file'],
  ])('%s: one line and a way out', async (name, source, what) => {
    if (source !== null) project.write('s.prisma', source);
    const models =
      source === null ? (name.startsWith('a folder') ? 'node_modules' : 'none.prisma') : 's.prisma';
    const { code, stdout, stderr } = await project.run(['facts', '--orm', 'prisma', '--models', models]);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toContain(what);
    expect(stderr).toContain('--models');
  });

  test('policy import: what the client does with relationMode = "prisma" is a rule for a key that may come, in YAML that holds any name', async () => {
    const odd = 'po\\nst: [\\u202e\\u001b[31m';
    project.write(
      'import.prisma',
      `datasource db {
  provider     = "postgresql"
  relationMode = "prisma"
}
model User {
  id    Int    @id
  posts Post[]
}
model Post {
  id      Int  @id
  user_id Int
  user    User @relation(fields: [user_id], references: [id], onDelete: Cascade)
  @@map("${odd}")
}
`,
    );
    const words = ['policy', 'import', '--orm', 'prisma', '--models', 'import.prisma'];
    const { code, stdout, stderr } = await project.run(words);
    expect([code, stderr.trimEnd().split('\n')]).toEqual([
      0,
      [
        '1 key: 1 with what a delete does, 0 without and left out.',
        expect.stringContaining('For 1 of them the models ask for no foreign key in the database'),
      ],
    ]);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const { policy } = parseYaml(stdout) as { policy: { rules: readonly object[] } };
    const name = 'po\nst: [\u202e\u001b[31m';
    expect(policy.rules).toEqual([
      { match: `"${name}"(user_id) -> User`, onDelete: 'cascade', optional: true },
    ]);
  });
});
