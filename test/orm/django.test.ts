// Django as it is met: a project with manage.py, contrib apps, link tables, inheritance, routers and generic keys, whose tables
// Django's own migrations make; its models as the policy; Django at work after our migration; and what goes wrong when it is read.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { djangoProject, type DjangoProject, djangos, python } from './django.ts';
import { declaredKeys, factsIn, liveKeys, type ModelFinding, modelFindings } from './node-project.ts';

const patience = 240_000;
const orm = ['--orm', 'django', '--python', python()];
const engines = enginesUnderTest();
const sqlite = engines.find(({ engine }) => engine === 'sqlite');
const postgres = engines.filter(({ engine }) => engine === 'postgres').at(-1);
const [oldest, newest] = djangos;
if (oldest === undefined || newest === undefined || sqlite === undefined) throw new Error('no Django');
const places = [
  { name: oldest.name, id: sqlite.id, version: oldest, place: sqlite },
  ...(postgres === undefined
    ? []
    : [{ name: newest.name, id: postgres.id, version: newest, place: postgres }]),
];

describe.each(places)('$name on $id: a project', ({ version, place }) => {
  let project: DjangoProject;
  let database: DatabaseUnderTest;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    project = await djangoProject(version, 'django');
    database = await place.open();
    env = { SHELF_DB: database.url, SHELF_SECRET: 'secret' };
    await project.python(['manage.py', 'makemigrations', 'shelf', '--verbosity', '0'], env);
    await project.python(['manage.py', 'migrate', '--verbosity', '0'], env);
    await database.query('CREATE TABLE shelf_legacy (id bigint PRIMARY KEY, book_id bigint NOT NULL)');
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', '-d', database.url, ...orm, '--format', 'json'], env));

  test('what is read is what Django’s own migrations made, without a driver', async () => {
    const read = await project.run(['facts', ...orm], env);
    expect(read.stderr).toBe(
      `Importing the settings of manage.py with ${python()}: this runs the application’s code.\nIt printed:\n  settings are loaded\n`,
    );
    const facts = factsIn(read);
    expect([read.code, facts.errors, facts.source]).toEqual([0, [], 'project.settings']);
    expect(facts.ormVersion?.startsWith(version.series)).toBe(true);
    expect(declaredKeys(facts)).toEqual(await liveKeys(database));
    expect(facts.notes).toEqual(notes);
    const shelf = facts.foreignKeys.filter(({ group }) => group === 'shelf');
    expect(
      shelf.map(({ child, columns, parent, parentColumns, constrained, application, place: at }) =>
        [
          `${child.name}(${columns.join()}) -> ${parent.name}(${parentColumns.join()})`,
          ...(constrained ? [] : ['no constraint,']),
          `${application?.onDelete ?? ''}: ${application?.text ?? ''}`,
          ...(application?.by == null ? [] : [application.by]),
          String(at?.line),
        ].join(' '),
      ),
    ).toEqual(keys);
  });

  test('another database of the project has the tables that the routers give it', async () => {
    const facts = factsIn(
      await project.run(['facts', ...orm, '--models', 'project.settings:archive'], {
        ...env,
        SHELF_ARCHIVE: 'django.db.backends.mysql',
      }),
    );
    expect(facts.tables.map(({ name }) => name)).toEqual(['shelf_oldloan']);
    expect(facts.notes).toEqual([expect.stringContaining("out of the database 'archive': not read")]);
  });

  test('what Django alone does is told at its line; marks in comments are heard', async () => {
    const told = await lint();
    const own = told.filter(({ position }) => position !== null);
    expect(new Set(own.map(({ position }) => position?.file))).toEqual(new Set(['shelf/models.py']));
    expect(
      own.map(
        ({ severity, code, subject, position }) =>
          `${position?.line ?? ''} ${severity} ${code} ${subject.replaceAll('public.', '')}`,
      ),
    ).toEqual(findings);
    const others = told.filter(({ position }) => position === null);
    expect(new Set(others.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
      new Set(['warning ORM_ONLY_CASCADE', 'warning ORM_ONLY_SET_NULL']),
    );
    const text = await project.run(['lint', '-d', database.url, ...orm], env);
    expect(text.stdout).toContain('2 findings ignored by comments in the models.');
    // dozens of keys that only Django cascades are a few lines
    expect(text.stdout).toMatch(
      /^ {2}\d+ keys\n {4}live: NO ACTION, NOT NULL\n {4}warning ORM_ONLY_CASCADE/m,
    );
    expect(text.stdout).toMatch(/and \d+ more: --format json names each/);
    expect(text.stdout).toMatch(/instance\.delete, QuerySet\.delete +deletes the children/);
    expect(text.stdout).toMatch(/_raw_delete, plain SQL +fails: foreign key violation/);
  });

  test('frozen as a policy', async () => {
    const frozen = await project.run(['policy', 'import', ...orm], env);
    expect(frozen.stdout).toContain(
      "    # shelf/models.py:58  says on_delete=models.CASCADE\n    - match: 'shelf_chapter(book_id) -> shelf_book'\n      onDelete: cascade",
    );
    expect(frozen.stdout).toContain(
      "says on_delete=models.PROTECT\n    - match: 'shelf_author(owner_id) -> auth_user'\n      onDelete: refuse",
    );
    expect(frozen.stdout).not.toContain('printer_id');
  });

  test(
    'as the policy: every key does what Django does, and Django goes on as before',
    async () => {
      const from = ['--policy-from', 'django', '--python', python()];
      const diff = await project.run(['diff', '-d', database.url, ...from], env);
      expect(diff.stdout).toContain('shelf/models.py:38');
      expect(diff.stdout).toMatch(/the\s+django\s+model\s+says\s+on_delete=models\.CASCADE/);
      const made = await project.run(
        ['generate', '-d', database.url, ...from, '--out', 'out', '--quiet'],
        env,
      );
      expect([made.code, made.stderr]).toEqual([0, '']);
      for (const name of project.files('out')) {
        if (!name.endsWith('.up.sql')) continue;
        expect(await database.client(project.read(join('out', name)))).toMatchObject({ code: 0 });
      }
      const facts = factsIn(await project.run(['facts', ...orm], env));
      const wanted: Readonly<Record<string, string>> = {
        CASCADE: 'CASCADE',
        'SET NULL': 'SET NULL',
      };
      const expected = facts.foreignKeys.map((key) => ({
        ...key,
        onDelete: wanted[key.application?.onDelete ?? ''] ?? null,
      }));
      expect(await liveKeys(database)).toEqual(declaredKeys({ ...facts, foreignKeys: expected }));
      if (database.engine === 'postgres') {
        const deferred = await database.query(
          "SELECT DISTINCT condeferrable AND condeferred AS deferred FROM pg_constraint WHERE contype = 'f'",
        );
        expect(deferred).toEqual([{ deferred: true }]);
      }
      const coherent = async (): Promise<ReadonlySet<string>> =>
        new Set((await lint()).map(({ code, subject }) => `${code} ${subject.replaceAll('public.', '')}`));
      // a default that the database does not know, a value of the model’s own, and a table that is not Django’s
      const left = [
        'ORM_KEY_NOT_CONSTRAINED shelf_legacy(book_id) -> shelf_book(id)',
        'ORM_ONLY_SET_DEFAULT shelf_book(binder_id) -> shelf_author(id)',
        'ORM_ONLY_SET_DEFAULT shelf_book(reviewer_id) -> shelf_poet(author_ptr_id)',
      ];
      expect(await coherent()).toEqual(new Set(left));
      // Django sees no difference, and its deletes work
      const check = ['manage.py', 'makemigrations', '--check', '--dry-run', '--verbosity', '0'];
      expect(await project.python(check, env)).toBe('settings are loaded\n');
      expect(await project.python(['manage.py', 'shell', '--verbosity', '0', '-c', deletes], env)).toContain(
        'Book 1 Chapter 1 Place 1\nleft 0 0\n',
      );
      // a migration of Django's that makes a key anew makes it without an action
      const models = project.read('shelf/models.py');
      project.write(
        'shelf/models.py',
        models.replace(
          'book = models.ForeignKey(Book, models.CASCADE)\n',
          'book = models.ForeignKey(Book, models.CASCADE, null=True)\n',
        ),
      );
      await project.python(['manage.py', 'makemigrations', 'shelf', '--verbosity', '0'], env);
      await project.python(['manage.py', 'migrate', '--verbosity', '0'], env);
      expect(await coherent()).toEqual(
        new Set([...left, 'ORM_ONLY_CASCADE shelf_chapter(book_id) -> shelf_book(id)']),
      );
    },
    patience,
  );
});

const notes = [
  "The routers keep OldLoan out of the database 'default': not read. Name another with --models settings:alias.",
  'Book.printer (shelf/models.py:47): forget is a function of the project’s own; what it does is not known.',
  'Receivers of post_delete of Chapter are called for what Django deletes; rows that a cascade of the database deletes pass them by.',
  'Author.notes (shelf/models.py:25) is a GenericRelation: Django deletes these Note with their Author; plain SQL leaves them behind.',
  'Note.about (shelf/models.py:74) is a GenericForeignKey: no key of the database knows it, and nobody deletes its rows but a GenericRelation.',
];

const keys = [
  'Sequel Of(from_book_id) -> shelf_book(id) CASCADE: ManyToManyField Book.sequels 54',
  'Sequel Of(to_book_id) -> shelf_book(id) CASCADE: ManyToManyField Book.sequels 54',
  'shelf_author(mentor_id) -> shelf_author(id) SET NULL: on_delete=models.SET_NULL 24',
  'shelf_author(owner_id) -> auth_user(id) RESTRICT: on_delete=models.PROTECT 16',
  'shelf_book(AuthorCode) -> shelf_author(code) CASCADE: on_delete=models.CASCADE 50',
  'shelf_book(author_id) -> shelf_author(id) CASCADE: on_delete=models.CASCADE 38',
  'shelf_book(binder_id) -> shelf_author(id) SET VALUE: on_delete=models.SET_DEFAULT 51',
  'shelf_book(editor_id) -> shelf_author(id) RESTRICT: on_delete=models.RESTRICT 43',
  'shelf_book(illustrator_id) -> shelf_author(id) NOTHING: on_delete=models.DO_NOTHING 46',
  'shelf_book(owner_id) -> auth_user(id) RESTRICT: on_delete=models.PROTECT 16',
  'shelf_book(printer_id) -> shelf_author(id) NOTHING: on_delete=forget 47',
  'shelf_book(reviewer_id) -> shelf_poet(author_ptr_id) SET VALUE: on_delete=models.SET(…) 45',
  'shelf_book(seller_id) -> shelf_author(id) no constraint, CASCADE: on_delete=models.CASCADE 49',
  'shelf_book(translator_id) -> shelf_author(id) SET NULL: on_delete=models.SET_DEFAULT 44',
  'shelf_book_fans(book_id) -> shelf_book(id) CASCADE: ManyToManyField Book.fans 52',
  'shelf_book_fans(user_id) -> auth_user(id) CASCADE: ManyToManyField Book.fans 52',
  'shelf_chapter(book_id) -> shelf_book(id) CASCADE: on_delete=models.CASCADE 58',
  'shelf_legacy(book_id) -> shelf_book(id) no constraint, CASCADE: on_delete=models.CASCADE 78',
  'shelf_note(kind_id) -> django_content_type(id) CASCADE: on_delete=models.CASCADE 72',
  'shelf_place(book_id) -> shelf_book(id) CASCADE: on_delete=models.CASCADE 67',
  'shelf_place(shelf_id) -> shelf-table(id) CASCADE: on_delete=models.CASCADE 68',
  'shelf_poet(author_ptr_id) -> shelf_author(id) CASCADE: class Poet(Author) 28',
];

const findings = [
  '24 warning ORM_ONLY_SET_NULL shelf_author(mentor_id) -> shelf_author(id)',
  '28 warning ORM_ONLY_CASCADE shelf_poet(author_ptr_id) -> shelf_author(id)',
  '44 warning ORM_ONLY_SET_NULL shelf_book(translator_id) -> shelf_author(id)',
  '45 warning ORM_ONLY_SET_DEFAULT shelf_book(reviewer_id) -> shelf_poet(author_ptr_id)',
  '50 warning ORM_ONLY_CASCADE shelf_book(AuthorCode) -> shelf_author(code)',
  '51 warning ORM_ONLY_SET_DEFAULT shelf_book(binder_id) -> shelf_author(id)',
  '52 warning ORM_ONLY_CASCADE Book.fans',
  '52 warning ORM_ONLY_CASCADE Book.fans',
  '54 warning ORM_ONLY_CASCADE Book.sequels',
  '54 warning ORM_ONLY_CASCADE Book.sequels',
  '58 warning ORM_ONLY_CASCADE shelf_chapter(book_id) -> shelf_book(id)',
  '67 warning ORM_ONLY_CASCADE shelf_place(book_id) -> shelf_book(id)',
  '68 warning ORM_ONLY_CASCADE shelf_place(shelf_id) -> shelf-table(id)',
  '72 warning ORM_ONLY_CASCADE shelf_note(kind_id) -> django_content_type(id)',
  '78 warning ORM_KEY_NOT_CONSTRAINED shelf_legacy(book_id) -> shelf_book(id)',
];

const deletes = `
from shelf.models import *
def fill(code):
    author = Author.objects.create(code=code)
    book = Book.objects.create(author=author, code=author, binder=None)
    Chapter.objects.create(book=book)
    Place.objects.create(book=book, shelf=Shelf.objects.create())
    return book
counts = fill("a").delete()[1]
print(*("%s %d" % (name.split(".")[1], n) for name, n in sorted(counts.items()) if n and "." in name))
book = fill("b")
Book.objects.filter(pk=book.pk)._raw_delete("default")
print("left", Chapter.objects.count(), Place.objects.count())
`;
