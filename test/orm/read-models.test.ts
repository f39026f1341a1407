// Reading models as they are met: noise, missing things, exits, hangs, broken mappers; marks, and models as the policy.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import type { CliResult } from '../support/cli.ts';
import type { Facts } from '../../src/orm/facts.ts';
import { survivesBrokenModels } from './contract.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';

const head = `from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, Table
from sqlalchemy.orm import backref, declarative_base, declared_attr, relationship
Base = declarative_base()
`;
const shop = `${head}
class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    items = relationship("Item", cascade="all, delete")
class Item(Base):
    __tablename__ = "order_items"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False)
`;
const tables = `CREATE TABLE orders (id INTEGER PRIMARY KEY);
  CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));`;

describe.each(sqlalchemies)('$name', (version) => {
  let env: Readonly<Record<string, string>>;
  let place: Project;
  beforeAll(async () => {
    env = await environmentOf(version);
  }, 240_000);
  beforeEach(() => {
    place = openProject(ondelete);
  });
  afterEach(() => place.remove());
  afterAll(() => undefined);

  const orm = ['--orm', 'sqlalchemy', '--python', python()];
  const call = (words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
    place.run(words, { env: { ...env, ...more } });
  const facts = async (
    source: string,
    words: readonly string[] = [],
  ): Promise<CliResult & { facts: Facts }> => {
    place.write('app.py', source);
    const result = await call(['facts', ...orm, '--models', 'app', ...words]);
    return { ...result, facts: JSON.parse(result.stdout === '' ? '{}' : result.stdout) as Facts };
  };

  test('what the application prints does not reach the facts', async () => {
    const noisy = `import os\nprint("noise")\nos.write(1, b"more")\n${shop}print("bye")\n`;
    const { code, facts: read, stderr } = await facts(noisy);
    expect([code, read.ormVersion?.startsWith(version.series), read.errors]).toEqual([0, true, []]);
    expect(stderr).toBe(
      `Importing app with ${python()}: this runs the application’s code.\nIt printed:\n  noise\n  morebye\n`,
    );
  });

  survivesBrokenModels({
    title: 'SQLAlchemy',
    models: 'app',
    cases: [
      {
        name: 'a variable that is not set',
        files: { 'app.py': 'import os\nURL = os.environ["SHOP_URL"]\n' },
        what: "app.py:2: app: KeyError: 'SHOP_URL'",
        help: '--env-file',
      },
      {
        name: 'an exit',
        files: { 'app.py': 'import sys\nsys.exit(3)\n' },
        what: 'app.py:2: app: SystemExit: 3',
        help: '--env-file',
      },
      {
        name: 'a module that is not there',
        files: { 'app.py': 'import nowhere\n' },
        what: "app.py:1: app: ModuleNotFoundError: No module named 'nowhere'",
        help: '--python',
      },
      {
        name: 'no syntax',
        files: { 'app.py': 'def x(:\n' },
        what: 'app.py:1: app: SyntaxError',
        help: 'Mend the syntax there',
      },
      {
        name: 'a relative import of a module that is named without its package',
        files: { 'app.py': 'from .base import Base\n' },
        what: 'app.py:1: app: ImportError: attempted relative import',
        help: '--models package.module',
      },
      {
        name: 'no tables',
        files: { 'app.py': 'x = 1\n' },
        what: 'no table is known after the import',
        help: '--models',
      },
    ],
    write: (name, text) => place.write(name, text),
    facts: (words) => call(['facts', ...orm, ...words]),
  });

  test('a driver that is missing has a stand-in, and variables come from a file', async () => {
    const source = `import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ["SHOP_URL"])\n${shop}`;
    place.write('.env', 'SHOP_URL=postgresql+asyncpg://u:hunter22@nowhere/d\n');
    const without = await facts(source, ['--env-file', '.env']);
    expect([without.code, without.stderr.includes('hunter22')]).toEqual([2, false]);
    expect(without.stderr).toMatch(/app\.py:3: app: \w+Error: .*(asyncpg|greenlet)/);
    const stubbed = await facts(source, ['--env-file', '.env', '--stub-engine']);
    expect([stubbed.code, stubbed.facts.foreignKeys.length]).toEqual([0, 1]);
  });

  test('a hang ends, with everything that it started', async () => {
    const source = `import subprocess, time\nprint(subprocess.Popen(["sleep", "7654"]).pid, flush=True)\ntime.sleep(7654)\n`;
    place.write('app.py', source);
    const { code, stderr } = await call(['facts', ...orm, '--models', 'app', '--time-limit', '6']);
    expect(code).toBe(2);
    expect(stderr).toContain('reading the models took longer than 6 seconds and was ended');
  });

  test('a relationship that cannot be configured leaves keys and other registries', async () => {
    const broken = `${shop}Other = declarative_base()
class A(Other):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    b_id = Column(Integer, ForeignKey("orders.id"))
    bee = relationship("Bee")
`;
    const { code, facts: read, stderr } = await facts(broken);
    expect(code).toBe(1);
    expect(read.foreignKeys).toHaveLength(2);
    expect(read.relationships.map(({ owner, attribute }) => `${owner}.${attribute}`)).toEqual([
      'Order.items',
    ]);
    expect(read.errors.map(({ stage }) => stage)).toEqual(['configure']);
    expect(stderr).toContain('Read only in part');
  });

  test('each key and relationship stands where it is written, backrefs and mixins too', async () => {
    const source = `${head}
class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("tenant.id"))
class Log(Owned, Base):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
class Tenant(Base):
    __tablename__ = "tenant"
    id = Column(Integer, primary_key=True)
    users = relationship(
        "User", backref=backref("tenant", lazy="joined"))
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    tenant_id = Column(Integer,
        ForeignKey("tenant.id", ondelete="cascade"))
notes = Table("note", Base.metadata, Column("a", Integer), Column("b", Integer),
    ForeignKeyConstraint(["a"], ["users.id"]), schema="audit")
`;
    const { facts: read } = await facts(source);
    expect(read.foreignKeys.map(({ child, place: at }) => [child.schema, child.name, at?.line])).toEqual([
      [null, 'log', 8],
      [null, 'users', 21],
      ['audit', 'note', 23],
    ]);
    expect(
      read.relationships.map(({ attribute, place: at, byReverse }) => [attribute, at?.line, byReverse]),
    ).toEqual([
      ['users', 15, false],
      ['tenant', 15, true],
    ]);
  });

  test('Alembic’s env.py names the models, without a database', async () => {
    place.write('app.py', shop);
    place.write('alembic.ini', '[alembic]\nscript_location = migrations\nprepend_sys_path = .\n');
    mkdirSync(place.path('migrations/versions'), { recursive: true });
    place.write(
      'migrations/env.py',
      'from alembic import context\nfrom app import Base\ncontext.configure(url="sqlite:///nowhere/x.db", target_metadata=Base.metadata)\nwith context.begin_transaction():\n    context.run_migrations()\n',
    );
    const result = await call(['facts', ...orm, '--alembic', 'alembic.ini']);
    expect(result.code).toBe(0);
    const read = JSON.parse(result.stdout) as Facts;
    expect([read.foreignKeys.length, read.relationships.length, read.errors]).toEqual([1, 1, []]);
  });

  test('lint reads facts that were made elsewhere, and takes marks at their word', async () => {
    place.sqlite(tables);
    const marked = shop.replace(
      'delete")',
      'delete", info={"ondelete": "ignore: orm-only-cascade delete-orphan-missing, known"})',
    );
    const { stdout } = await facts(marked);
    place.write('facts.json', stdout);
    const { code, stdout: text, stderr } = await call(['lint', '-d', 'shop.db', '--facts', 'facts.json']);
    expect([code, stderr]).toEqual([0, '']);
    expect(text).toContain('2 findings ignored by comments in the models.');
    expect(text).not.toContain('ORM_ONLY_CASCADE');
    place.write('facts.json', stdout.replace('orm-only-cascade', 'orm-onyl-cascade'));
    const misspelt = await call(['lint', '-d', 'shop.db', '--facts', 'facts.json']);
    expect(misspelt.stdout).toContain('ORM_ONLY_CASCADE');
    expect(misspelt.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'No rule is called ORM_ONYL_CASCADE; did you mean `ORM_ONLY_CASCADE`?',
    );
    place.write('facts.json', '{"version": 2}');
    const newer = await call(['lint', '-d', 'shop.db', '--facts', 'facts.json']);
    expect([newer.code, newer.stderr]).toEqual([
      2,
      'ondelete: facts.json holds no facts about models: facts of version 2; this version of ondelete reads version 1. Write the file with `ondelete facts --orm NAME --output FILE`.\n',
    ]);
  });

  test('models are the policy: unsaid is not NO ACTION, the file has the last word', async () => {
    place.sqlite(
      `${tables} CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id) ON DELETE CASCADE);`,
    );
    const saying = `${shop.replace('"orders.id")', '"orders.id", ondelete="CASCADE")')}class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"))
`;
    const made = await facts(saying);
    place.write('facts.json', made.stdout);
    const diff = async (policy: string): Promise<readonly unknown[]> => {
      place.write(
        'ondelete.config.yaml',
        `database: shop.db\norm: { facts: facts.json }\npolicy:\n  from: sqlalchemy\n${policy}`,
      );
      const { stdout } = await call(['diff', '--format', 'json']);
      const report = JSON.parse(stdout) as {
        changes: readonly {
          from: { onDelete: string };
          to: { onDelete: string };
          rule: { position: { file: string } };
        }[];
      };
      return report.changes.map(({ from, to, rule }) => [from.onDelete, to.onDelete, rule.position.file]);
    };
    expect(await diff('')).toEqual([['NO ACTION', 'CASCADE', 'app.py']]);
    expect(await diff('  strictNone: true\n')).toEqual([
      ['CASCADE', 'NO ACTION', 'app.py'],
      ['NO ACTION', 'CASCADE', 'app.py'],
    ]);
    expect(await diff("  rules:\n    - { match: 'order_items -> orders', onDelete: refuse }\n")).toEqual([]);
    const imported = await call(['policy', 'import', '--facts', 'facts.json']);
    expect([imported.code, imported.stdout]).toEqual([
      0,
      `# What the models say (sqlalchemy ${made.facts.ormVersion ?? ''}, app), frozen by \`ondelete policy import\`.
policy:
  default: keep                # a key that the models say nothing about stays as it is
  rules:
    # app.py:12  says CASCADE
    - match: 'order_items(order_id) -> orders'
      onDelete: cascade
`,
    ]);
    place.write('ondelete.config.yaml', `database: shop.db\n${imported.stdout}`);
    const frozen = await call(['diff', '--format', 'json']);
    expect((JSON.parse(frozen.stdout) as { changes: readonly unknown[] }).changes).toHaveLength(1);
  });

  test('two models that want different things for one key decide nothing', async () => {
    place.sqlite(tables);
    const two = `${shop.replace('"orders.id")', '"orders.id", ondelete="CASCADE")')}Second = declarative_base()
class Order2(Second):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
class Item2(Second):
    __tablename__ = "order_items"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id", ondelete="SET NULL"))
`;
    const { stdout } = await facts(two);
    place.write('facts.json', stdout);
    const { stdout: text } = await call([
      'diff',
      '-d',
      'shop.db',
      '--policy-from',
      'sqlalchemy',
      '--facts',
      'facts.json',
    ]);
    expect(text).toContain('ORM_MODELS_DISAGREE');
    expect(text).toContain('1 key matches the policy, 1 error.');
  });
});
