// The last mile, with the real tools: after the migration and the patch SQLAlchemy and Django have nothing left to change.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CliResult } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';
import { type Folder, folderWith } from './edits-after-folder.ts';

const patience = 240_000;

const engines = enginesUnderTest();

const places = [
  ...engines.filter(({ engine }) => engine === 'sqlite'),
  ...engines.filter(({ engine }) => engine === 'postgres').slice(-1),
];

const models = `from sqlalchemy import Column, Engine, event, ForeignKey, Integer, Table
from sqlalchemy.orm import backref, declarative_base, declared_attr, relationship

Base = declarative_base()


@event.listens_for(Engine, "connect")
def enforce_keys(connection, record):
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA foreign_keys=ON")


class Audited:
    @declared_attr
    def editor_id(cls):
        return Column(ForeignKey("users.id", name=f"fk_{cls.__tablename__}_editor"))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    orders = relationship("Order", back_populates="user")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    user_id = Column(
        Integer,
        ForeignKey(
            "users.id",
            name="fk_orders_user",
            ondelete="SET NULL",
        ),
        nullable=False,
    )
    user = relationship(User, back_populates="orders")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey('orders.id', name='fk_items_order'), nullable=False)
    order = relationship("Order", backref='items')


class Note(Audited, Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)


class Page(Audited, Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)


RULE = None
links = Table(
    "links",
    Base.metadata,
    Column("a_id", ForeignKey("notes.id", ondelete=RULE, name="fk_links_a"), primary_key=True),
    Column("b_id", ForeignKey("pages.id", name="fk_links_b"), primary_key=True),
)`;

const schema = `CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, CONSTRAINT fk_orders_user FOREIGN KEY (user_id) REFERENCES users (id));
CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, order_id INTEGER NOT NULL, CONSTRAINT fk_items_order FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, editor_id INTEGER, CONSTRAINT fk_notes_editor FOREIGN KEY (editor_id) REFERENCES users (id));
CREATE TABLE pages (id INTEGER NOT NULL PRIMARY KEY, editor_id INTEGER, CONSTRAINT fk_pages_editor FOREIGN KEY (editor_id) REFERENCES users (id));
CREATE TABLE links (a_id INTEGER NOT NULL, b_id INTEGER NOT NULL, PRIMARY KEY (a_id, b_id),
  CONSTRAINT fk_links_a FOREIGN KEY (a_id) REFERENCES notes (id), CONSTRAINT fk_links_b FOREIGN KEY (b_id) REFERENCES pages (id));`;

const policy = `policy:
  rules:
    - match: '*(editor_id) -> *'
      onDelete: set null
    - match: 'links(b_id) -> *'
      onDelete: restrict
    - match: '* -> *'
      onDelete: cascade
`;

describe.each(places)('SQLAlchemy and Alembic on $id', (place) => {
  let database: DatabaseUnderTest;
  let project: Folder;
  const alembic = (...words: readonly string[]): Promise<CliResult> =>
    project.run(python(), ['-m', 'alembic', ...words]);

  beforeAll(async () => {
    const version = sqlalchemies.at(-1);
    if (version === undefined) throw new Error('no SQLAlchemy');
    database = await place.open();
    await database.client(schema);
    project = folderWith(await environmentOf(version, { psycopg2: place.engine === 'postgres' }));
    const theirs =
      place.engine === 'postgres'
        ? database.url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:')
        : `sqlite:///${database.url}`;
    project.write('app/__init__.py', '');
    // the ends of lines stay as they are, and so does a last line without one
    project.write('app/models.py', models.replaceAll('\n', '\r\n'));
    project.write('alembic.ini', '[alembic]\nscript_location = alembic\n');
    project.write('alembic/versions/README', '');
    project.write(
      'alembic/script.py.mako',
      'revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\ndef upgrade():\n    ${upgrades if upgrades else "pass"}\ndef downgrade():\n    pass\n',
    );
    project.write(
      'alembic/env.py',
      `import sys
sys.path.insert(0, ".")
from alembic import context
from sqlalchemy import create_engine
from app.models import Base

with create_engine("${theirs}").connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
`,
    );
    project.write(
      'ondelete.config.yaml',
      `database: '${database.url}'\ntool: alembic\nout: alembic/versions\norm: { name: sqlalchemy, models: [app.models] }\n${policy}`,
    );
  }, patience);
  afterAll(async () => {
    rmSync(project.path, { recursive: true, force: true });
    await database.drop();
  });

  test(
    'the preview shows the edits; the patch makes them; Alembic then has nothing to take back',
    async () => {
      const preview = await project.ondelete(['generate', '--dry-run']);
      expect(preview.stdout).toContain(
        [
          '  app/models.py:43',
          "  -     order_id = Column(Integer, ForeignKey('orders.id', name='fk_items_order'), nullable=False)",
          "  +     order_id = Column(Integer, ForeignKey('orders.id', name='fk_items_order', ondelete=\"CASCADE\"), nullable=False)",
        ].join('\n'),
      );
      expect(preview.stdout.replace(/\s+/g, ' ')).toContain(
        'by hand: links(a_id), app/models.py:61: ForeignKey(…, ondelete="CASCADE") on a_id, so that the model says the same (`ondelete` is no plain value there)',
      );
      const comment = await project.ondelete(['generate', '--dry-run', '--format', 'markdown']);
      expect(comment.stdout).toContain(
        '```diff\n-            ondelete="SET NULL",\n+            ondelete="CASCADE",\n```',
      );
      expect(existsSync(join(project.path, 'models.patch'))).toBe(false);

      const made = await project.ondelete(['generate', '--patch', 'models.patch']);
      expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('git apply models.patch')]);
      const upgraded = await alembic('upgrade', 'head');
      expect([upgraded.code, upgraded.stderr]).toEqual([0, upgraded.stderr]);
      const before = await alembic('check');
      expect([before.code, before.stdout + before.stderr]).toEqual([
        255,
        expect.stringContaining('remove_fk'),
      ]);
      const drift = await project.ondelete(['lint', '--format', 'json']);
      const found = JSON.parse(drift.stdout) as {
        models: { findings: { code: string; severity: string }[] };
      };
      const drifts = found.models.findings.filter(({ code }) => code === 'ORM_MODEL_DB_DRIFT');
      expect(drifts.map(({ severity }) => severity)).toEqual(Array(6).fill('error'));

      const applied = await project.run('git', ['apply', '--verbose', 'models.patch']);
      expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining('cleanly')]);
      const patched = project.read('app/models.py');
      expect([patched.replaceAll('\r\n', '').includes('\n'), patched.endsWith(')')]).toEqual([false, true]);
      // what was left out, by hand
      project.write('app/models.py', patched.replace('RULE = None', 'RULE = "CASCADE"'));
      const after = await alembic('check');
      expect([after.code, after.stdout]).toEqual([0, expect.stringContaining('No new upgrade operations')]);
      const revision = await alembic('revision', '--autogenerate', '-m', 'empty');
      expect(revision.code).toBe(0);
      const [path = ''] = /\S+_empty\.py/.exec(revision.stdout) ?? [];
      expect(readFileSync(path, 'utf8')).toContain('def upgrade():\n    # ### commands auto generated');
      expect(readFileSync(path, 'utf8')).not.toContain('op.');
      const clean = await project.ondelete(['lint', '--format', 'json']);
      const left = JSON.parse(clean.stdout) as typeof found;
      expect(left.models.findings).toEqual([]);
    },
    patience,
  );
});
