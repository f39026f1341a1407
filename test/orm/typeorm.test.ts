// TypeORM as it is met: TypeScript with decorators, circles of imports, patterns of files, built JavaScript, an older version;
// and each of its ways to delete, against what lint foretells.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
import {
  compiled,
  declaredKeys,
  factsIn,
  liveKeys,
  type ModelFinding,
  modelFindings,
  nodeProject,
  type Project,
} from './node-project.ts';

const runner = join(import.meta.dirname, 'typeorm-runner.mjs');
const engines = enginesUnderTest();
const places = [
  ...engines.filter(({ engine }) => engine === 'sqlite'),
  ...engines.filter(({ engine }) => engine === 'postgres').slice(-1),
];
interface Version {
  readonly name: string;
  readonly version: RegExp;
  readonly renamed: Readonly<Record<string, string>>;
  /** On how many of the places. */
  readonly places: number;
  readonly told: readonly string[];
  /** How many findings say what will happen, at least. */
  readonly foretold: number;
}
const patience = 240_000;
const orm = ['--orm', 'typeorm', '--models'];

const loose = [
  'warning ORM_KEY_NOT_CONSTRAINED loose_topics(bookId) -> book(id) src/entity/book.entity.ts:33',
  'warning ORM_KEY_NOT_CONSTRAINED loose_topics(topicId) -> topic(id) src/entity/book.entity.ts:33',
  'warning ORM_KEY_NOT_CONSTRAINED review(reader_id) -> authors(id) src/entity/book.entity.ts:62',
];
const versions: readonly Version[] = [
  {
    name: 'TypeORM 1',
    version: /^1\./,
    renamed: {},
    foretold: 30,
    places: 2,
    told: [
      'error ORM_ONLY_CASCADE Author.books src/entity/author.ts:35',
      'warning ORM_ACTION_IGNORED Author.edited src/entity/author.ts:40',
      'warning ORM_ONLY_CASCADE Author.profile src/entity/author.ts:47',
      'error ORM_CASCADE_ON_MANY_TO_ONE Book.translator src/entity/book.entity.ts:21',
      'warning ORM_ONLY_CASCADE Book.topics src/entity/book.entity.ts:29',
      ...loose,
      'warning ORM_ONLY_CASCADE Person.staff src/entity/people.entity.ts:43',
    ],
  },
  {
    // takes `remove` and never deletes by it; where both sides of a link table know each other, the second key has no action
    name: 'TypeORM 0.3',
    version: /^0\.3\./,
    renamed: { typeorm: 'typeorm-0' },
    foretold: 4,
    places: 1,
    told: [
      'warning ORM_ACTION_IGNORED Author.books src/entity/author.ts:35',
      'warning ORM_ACTION_IGNORED Author.edited src/entity/author.ts:40',
      'info ORM_ACTION_IGNORED Author.profile src/entity/author.ts:47',
      'warning ORM_ONLY_CASCADE Author.liked src/entity/author.ts:50',
      'warning ORM_ONLY_CASCADE Book.topics src/entity/book.entity.ts:29',
      ...loose,
      'info ORM_ACTION_IGNORED Person.staff src/entity/people.entity.ts:43',
    ],
  },
];

describe.each(versions)('$name: an application in TypeScript', ({ version, renamed, told, places: many }) => {
  let project: Project;
  beforeAll(async () => {
    project = await nodeProject('typeorm', 'typeorm', renamed);
    compiled(project);
  }, patience);
  afterAll(() => project.remove());

  test.each(places.slice(0, many))(
    'on $id: what is read is what TypeORM’s own DDL makes',
    async (place) => {
      const database = await place.open();
      try {
        const env = { SHELF_DB: database.url };
        const read = await project.run(['facts', ...orm, 'src/data-source.ts:shelf'], env);
        expect(read.stderr).toContain('this runs the application’s code');
        const facts = factsIn(read);
        expect([read.code, facts.errors]).toEqual([0, []]);
        expect(facts.ormVersion).toMatch(version);
        await project.node([runner, 'dist/data-source.js:shelf', 'sync'], env);
        expect(declaredKeys(facts)).toEqual(await liveKeys(database));
        expect(facts.foreignKeys.length).toBeGreaterThan(20);
        const built = factsIn(await project.run(['facts', ...orm, 'dist/data-source.js'], env));
        const unplaced = (all: typeof facts): unknown =>
          JSON.parse(
            JSON.stringify({ ...all, source: '' }, (key, value: unknown) => (key === 'place' ? null : value)),
          );
        expect(unplaced(built)).toEqual(unplaced(facts));
        const lint = await project.run(
          ['lint', '-d', database.url, ...orm, 'src/data-source.ts', '--format', 'json'],
          env,
        );
        const codes = modelFindings(lint).map(
          ({ severity, code, subject, position }) =>
            `${severity} ${code} ${subject} ${position?.file ?? ''}:${position?.line ?? ''}`,
        );
        expect(codes).toEqual(told);
        const soft = await project.node([runner, 'dist/data-source.js:shelf', 'soft'], env);
        expect(soft).toContain('{"marked":true,"key":1}');
        expect(facts.notes).toEqual([expect.stringContaining('softDelete() of Author only fill a date')]);
      } finally {
        await database.drop();
      }
    },
    patience,
  );

  test('entities found by a pattern, of which one imports another, are each one class', async () => {
    project.write(
      'glob/role.entity.ts',
      `import { Column, Entity, OneToMany, PrimaryColumn } from 'typeorm';
import { UserEntity } from './user.entity';
@Entity({ name: 'role' })
export class RoleEntity {
  @PrimaryColumn('int') id!: number;
  @OneToMany(() => UserEntity, (user) => user.role) users!: UserEntity[];
}`,
    );
    project.write(
      'glob/user.entity.ts',
      `import { Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { RoleEntity } from './role.entity';
@Entity({ name: 'user' })
export class UserEntity {
  @PrimaryGeneratedColumn() id!: number;
  @ManyToOne(() => RoleEntity, (role) => role.users, { onDelete: 'CASCADE' }) role!: RoleEntity;
}`,
    );
    const source = (pattern: string): string => `import { DataSource } from 'typeorm';
export const db = new DataSource({ type: 'postgres', entities: [__dirname + '/${pattern}'] });`;
    project.write('glob/data-source.ts', source('*.entity{.ts,.js}'));
    const read = await project.run(['facts', ...orm, 'glob/data-source.ts']);
    expect([read.code, declaredKeys(factsIn(read))]).toEqual([0, ['user(roleId) -> role CASCADE']]);
    project.write('glob/data-source.ts', source('user.entity{.ts,.js}'));
    const half = await project.run(['facts', ...orm, 'glob/data-source.ts']);
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining('Name every entity in `entities`')]);
    expect(half.stderr).not.toContain('--env-file');
  });

  test('no connection is opened though the application asks for one, and no driver is needed', async () => {
    // nobody listens there
    const env = { SHELF_DB: 'postgres://nobody:hunter22@127.0.0.1:1/none', SHELF_OPENS: 'yes' };
    const read = await project.run(['facts', ...orm, 'src/data-source.ts'], env);
    expect([read.code, factsIn(read).foreignKeys.length > 18]).toEqual([0, true]);
    project.write(
      'src/mysql.ts',
      `import { DataSource } from 'typeorm';
import { Topic } from '@/entity/book.entity';
export const db = new DataSource({ type: 'mysql', host: 'nowhere', entities: [Topic] });
export default db.initialize();
await db.initialize();`,
    );
    const other = await project.run(['facts', ...orm, 'src/mysql.ts:db']);
    expect([other.code, declaredKeys(factsIn(other))]).toEqual([0, ['topic(broaderId) -> topic CASCADE']]);
  });
});

const deleting = versions.flatMap((version) =>
  places.map((place) => ({ ...version, ...place, place })).slice(0, version.places),
);

describe.each(deleting)('$name on $id: each way to delete', ({ place, renamed, foretold: least }) => {
  let project: Project;
  let database: DatabaseUnderTest;
  let outcomes: ReadonlyMap<string, DeleteOutcomes & { readonly builder: string }>;
  let findings: readonly ModelFinding[];
  beforeAll(async () => {
    project = await nodeProject('typeorm', 'typeorm-matrix', renamed);
    database = await place.open();
    const env = { MATRIX_DB: database.url };
    const printed = await project.node([runner, 'matrix.js:matrix', 'deletes'], env);
    outcomes = new Map(
      Object.entries(JSON.parse(printed) as Record<string, DeleteOutcomes & { builder: string }>),
    );
    const lint = ['lint', '-d', database.url, ...orm, 'matrix.js', '--format', 'json'];
    findings = modelFindings(await project.run(lint, env));
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const about = (id: string): readonly ModelFinding[] =>
    findings.filter(
      ({ subject, key }) => subject === `P_${id}.kids` || (key ?? '').includes(`_${id}(parent_id)`),
    );
  const isCoherent = ({ unloaded, loaded, bulk }: DeleteOutcomes): boolean =>
    unloaded === bulk && loaded === bulk;

  test('delete() and the query builder leave everything to the database', () => {
    expect(outcomes.size).toBe(104);
    expect([...outcomes].filter(([, { bulk, builder }]) => bulk !== builder)).toEqual([]);
  });

  test('what is foretold happens', () => {
    const foretold = [...outcomes].flatMap(([id, { unloaded, loaded, bulk }]) =>
      about(id).flatMap(({ outcomes }) =>
        outcomes === null ? [] : [{ id, outcomes, happened: { unloaded, loaded, bulk } }],
      ),
    );
    expect(foretold.length).toBeGreaterThan(least);
    expect(
      foretold.filter(({ outcomes, happened }) => JSON.stringify(outcomes) !== JSON.stringify(happened)),
    ).toEqual([]);
  });

  test('nothing incoherent goes unflagged, and nothing coherent is called an error but what always fails', () => {
    const silent = [...outcomes].filter(([id, outcomes]) => !isCoherent(outcomes) && about(id).length === 0);
    expect(silent).toEqual([]);
    const wrong = [...outcomes].filter(
      ([id, outcomes]) =>
        isCoherent(outcomes) &&
        outcomes.bulk !== 'not-null-violation' &&
        about(id).some(({ severity }) => severity === 'error'),
    );
    expect(wrong.map(([id]) => [id, about(id)])).toEqual([]);
  });
});
