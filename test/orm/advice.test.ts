// The models of a guide to cascades: both ends to choose from, listeners that are never passed by in silence, advice per relationship.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';

const head = `from sqlalchemy import Column, DateTime, ForeignKey, Integer, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import backref, declarative_base, relationship, sessionmaker
Base = declarative_base()
@event.listens_for(Engine, "connect")
def enforce(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")
class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
`;
const child = (key: string, more: string): string => `class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey("parent.id"${key}))
    ${more}
`;
const listener = `@event.listens_for(Child, "before_delete")
def remove_file(mapper, connection, target):
    pass
`;
const schema = (action: string): string =>
  `CREATE TABLE parent (id INTEGER PRIMARY KEY);
   CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id)${action});
   CREATE INDEX child_parent ON child (parent_id);`;

interface Choice {
  readonly title: string;
  readonly recommended: boolean;
  readonly edits: readonly { readonly text: string }[];
}
interface Models {
  readonly notes: readonly string[];
  readonly findings: readonly {
    readonly severity: string;
    readonly code: string;
    readonly subject: string;
    readonly choices: readonly Choice[];
  }[];
  readonly advice: readonly { readonly level: string; readonly because: readonly string[] }[];
}

describe.each(sqlalchemies.slice(-1))('$name', (version) => {
  let env: Readonly<Record<string, string>>;
  let place: Project;
  beforeAll(async () => {
    env = await environmentOf(version);
    place = openProject(ondelete);
  }, 240_000);
  afterAll(() => place.remove());

  let modules = 0;
  const words = (models: string): readonly string[] => {
    const name = `app${++modules}`;
    place.write(`${name}.py`, models);
    return ['lint', '-d', 'shop.db', '--orm', 'sqlalchemy', '--python', python(), '--models', name];
  };
  const lint = async (models: string, action: string): Promise<Models> => {
    place.sqlite(`DROP TABLE IF EXISTS child; DROP TABLE IF EXISTS parent; ${schema(action)}`);
    const result = await place.run([...words(models), '--advice', '--format', 'json'], { env });
    return (JSON.parse(result.stdout) as { models: Models }).models;
  };
  const told = ({ findings }: Models): readonly string[] =>
    findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`);

  test('a cascade on the wrong side shows that children are to be deleted: both ends, and what they cost', async () => {
    const misplaced =
      head + child('', 'parent = relationship(Parent, cascade="all,delete", backref="children")');
    const models = await lint(misplaced, '');
    const { choices = [] } = models.findings.find(({ subject }) => subject === 'Parent.children') ?? {};
    expect(choices.map(({ title, recommended }) => [title, recommended])).toEqual([
      ['the database deletes the children', true],
      ['the children stay, with an empty key', false],
    ]);
    const [deleting, keeping] = choices.map(({ edits }) => edits.map(({ text }) => text).join('\n'));
    expect(deleting).toMatch(
      /onDelete: cascade[\s\S]*ondelete="CASCADE"[\s\S]*backref\("children", …, cascade="all, delete", passive_deletes=True\)/,
    );
    expect(keeping).toMatch(/onDelete: set null[\s\S]*ondelete="SET NULL"/);
    const { stdout } = await place.run(words(misplaced), { env });
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /What each choice costs .* portability: .* speed: .* bulk deletes: .* listeners:/,
    );
  }, 60_000);

  test('the edits of a backref keep what is written in it', async () => {
    const half = child(
      ', ondelete="CASCADE"',
      'parent = relationship(Parent, backref=backref("children", passive_deletes=True))',
    );
    const [first] = (await lint(head + half, ' ON DELETE CASCADE')).findings as unknown as {
      edits: { text: string }[];
    }[];
    expect(first?.edits.map(({ text }) => text)).toEqual([
      'backref("children", …, cascade="all, delete", passive_deletes=True)',
    ]);
  }, 60_000);

  test('listeners are told of, whatever the key does', async () => {
    const collection = 'parent = relationship(Parent, backref=backref("children", cascade="all,delete"))';
    const kept = await lint(head + child('', collection) + listener, '');
    expect(told(kept)).toEqual(['info ORM_ONLY_CASCADE Parent.children']);
    expect(kept.findings[0]?.choices[0]).toMatchObject({ recommended: true, edits: [] });
    const skipped = await lint(
      head + child(', ondelete="CASCADE"', collection) + listener,
      ' ON DELETE CASCADE',
    );
    expect(told(skipped)).toEqual(['warning ORM_EVENTS_SKIP_ON_DB_CASCADE Parent.children']);
    const alone = child(', ondelete="CASCADE"', 'parent = relationship(Parent)') + listener;
    expect(told(await lint(head + alone, ' ON DELETE CASCADE'))).toEqual([
      'warning ORM_EVENTS_SKIP_ON_DB_CASCADE child(parent_id) -> parent(id)',
    ]);
  }, 60_000);

  test('listeners of the session are a note', async () => {
    const session =
      'Maker = sessionmaker()\nevent.listen(Maker, "before_flush", lambda session, context, instances: None)\n';
    const { notes } = await lint(head + child('', 'parent = relationship(Parent)') + session, '');
    expect(notes.join('\n')).toContain('Listeners of the session (before_flush)');
  }, 60_000);

  test.each([
    ['', 'database', 'nothing in the models has to see each delete'],
    ['deleted_at = Column(DateTime)', 'orm', 'Child.deleted_at looks like a soft delete'],
    [
      'version = Column(Integer); __mapper_args__ = {"version_id_col": version}',
      'orm',
      'Child.version counts versions',
    ],
    [
      '__table_args__ = {"info": {"bind_key": "other"}}',
      'orm',
      'Parent and Child may be in different databases',
    ],
  ])(
    'advice for %p is the %s',
    async (more, level, reason) => {
      const collection = 'parent = relationship(Parent, backref=backref("children", cascade="all, delete"))';
      const { advice } = await lint(head + child('', `${more}\n    ${collection}`), '');
      expect(advice).toMatchObject([{ level, because: [reason] }]);
    },
    60_000,
  );

  test('advice needs models', async () => {
    const { code, stderr } = await place.run(['lint', '-d', 'shop.db', '--advice'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('--advice needs models')]);
  });
});
