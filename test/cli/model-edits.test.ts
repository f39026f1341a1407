// The models beside `generate` and `lint`: where they are looked at, what a patch may overwrite, and what happens without them.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

const prisma = `datasource db {
  provider = "sqlite"
}

model orders {
  id    Int           @id
  items order_items[]
}

model order_items {
  id       Int    @id
  order_id Int
  order    orders @relation(fields: [order_id], references: [id])
}
`;
const edit = `  -   order    orders @relation(fields: [order_id], references: [id])
  +   order    orders @relation(fields: [order_id], references: [id], onDelete: Cascade)`;

let project: Project;
const flat = (text: string): string => text.replace(/\s+/g, ' ');
const written = (): readonly string[] =>
  existsSync(project.path('migrations')) ? readdirSync(project.path('migrations')) : [];
const generate = (...words: readonly string[]): Promise<CliResult> => project.run(['generate', ...words]);

beforeEach(() => {
  project = openProject(ondelete);
  project.sqlite(shopSchema);
  project.write('ondelete.config.yaml', `${shopConfig}orm: { name: prisma }\n`);
  project.write('schema.prisma', prisma);
});
afterEach(() => project.remove());

describe('generate', () => {
  test('ends with the edits: on the screen, in the preview, in a comment, in JSON', async () => {
    const preview = await generate('--dry-run');
    expect(preview.stdout).toContain(`\n\n  schema.prisma:13\n${edit}`);
    expect(preview.stdout.trimEnd().endsWith(edit.trimEnd())).toBe(true);
    const comment = await generate('--dry-run', '--format', 'markdown');
    expect(comment.stdout).toContain('```diff\n-  order    orders @relation');
    const json = await generate('--dry-run', '--format', 'json');
    const { models } = JSON.parse(json.stdout) as { models: object };
    expect(models).toEqual({
      orm: 'Prisma',
      source: 'schema.prisma',
      edits: [
        {
          file: 'schema.prisma',
          line: 13,
          before: ['  order    orders @relation(fields: [order_id], references: [id])'],
          after: ['  order    orders @relation(fields: [order_id], references: [id], onDelete: Cascade)'],
        },
      ],
      leftOut: [],
      note: null,
    });
    const made = await generate();
    expect([made.code, made.stderr.trimEnd().endsWith(edit)]).toEqual([0, true]);
    expect(made.stdout.trim().split('\n')).toHaveLength(2);
  });

  test('a patch that git takes, also once the migration is written', async () => {
    await generate('--quiet');
    const made = await generate('--patch', 'models.patch');
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('written already')]);
    expect(made.stderr).toContain(
      'Wrote models.patch: 1 edit of the models. Apply it with: git apply models.patch',
    );
    const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect(readFileSync(project.path('schema.prisma'), 'utf8')).toContain('onDelete: Cascade');
    const again = await generate('--patch', 'other.patch');
    expect(again.stderr).toContain('No patch was written: the models need no edit.');
    expect(existsSync(project.path('other.patch'))).toBe(false);
  });

  test('from a folder below, the patch says where it is to be applied', async () => {
    mkdirSync(project.path('sub'));
    const cwd = project.path('sub');
    const made = await ondelete(
      ['generate', '--config', '../ondelete.config.yaml', '--patch', 'models.patch'],
      { cwd },
    );
    expect(made.stderr).toContain('(cd .. && git apply sub/models.patch)');
    const applied = await run('git', ['apply', 'sub/models.patch'], { cwd: project.folder });
    expect([applied.code, applied.stderr]).toEqual([0, '']);
  });

  test.each([
    [
      'a file that is there',
      ['--patch', 'schema.prisma'],
      'schema.prisma is there already and is not overwritten',
    ],
    ['a preview', ['--patch', 'm.patch', '--dry-run'], '--dry-run writes nothing, and so no patch'],
    ['a folder that takes none', ['--patch', 'schema.prisma/m.patch'], 'cannot write to'],
    ['migrations that cannot be written', ['--patch', 'm.patch', '--out', 'schema.prisma'], 'schema.prisma'],
  ])('%s: nothing is written', async (_, words, message) => {
    const refused = await generate(...words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect([written(), existsSync(project.path('m.patch'))]).toEqual([[], false]);
    expect(readFileSync(project.path('schema.prisma'), 'utf8')).toBe(prisma);
  });

  test('models that cannot be read stop it only where they were asked for', async () => {
    project.write('schema.prisma', 'model orders {');
    const asked = await generate('--patch', 'm.patch');
    expect([asked.code, written()]).toEqual([2, []]);
    expect((await generate('--orm', 'prisma')).code).toBe(2);
    const made = await generate();
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringContaining('are not shown: schema.prisma:1: '),
    ]);
    expect(written()).toHaveLength(2);
  });

  test('an ORM that the project’s files tell of: a schema is read, for other models a line says how', async () => {
    project.write('ondelete.config.yaml', shopConfig);
    const none = await generate('--dry-run');
    expect([none.stdout, none.stderr]).toEqual([
      expect.not.stringContaining('Edits'),
      expect.stringMatching(/^Shorter: --plain .*\n$/),
    ]);
    const asked = await generate('--patch', 'm.patch');
    expect([asked.code, asked.stderr]).toEqual([
      2,
      expect.stringContaining('--patch edits models, and none are named'),
    ]);
    expect(written()).toEqual([]);
    project.write('package.json', '{ "dependencies": { "typeorm": "1" } }');
    const hint = await generate('--dry-run');
    expect([hint.stdout, hint.stderr]).toEqual([
      expect.not.stringContaining('Edits'),
      expect.stringContaining('Found typeorm (package.json). Reading its models runs the application’s code'),
    ]);
    project.write('package.json', '{ "devDependencies": { "prisma": "7" } }');
    const read = await generate('--dry-run');
    expect([read.stdout, read.stderr]).toEqual([
      expect.stringContaining(edit),
      expect.stringMatching(/^Shorter: --plain .*\n$/),
    ]);
  });

  test('facts from a file are never edited by', async () => {
    await project.run(['facts', '--orm', 'prisma', '--output', 'facts.json']);
    const made = await generate('--facts', 'facts.json', '--patch', 'm.patch');
    expect(flat(made.stderr)).toContain(
      'No patch was written: none of the 1 edit has a place that is certain.',
    );
    expect(flat(made.stderr)).toContain('(its line is from facts, and may have moved since)');
  });
});

describe('lint', () => {
  test('looks at the models of the configuration; a patch has what the database does not wait for', async () => {
    const before = await project.run(['lint', '--patch', 'm.patch']);
    expect(before.stdout).toContain('Models  Prisma, schema.prisma');
    expect(existsSync(project.path('m.patch'))).toBe(false);
    project.sqlite(`DROP TABLE order_items;
      CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE);`);
    const drift = await project.run(['lint', '--patch', 'm.patch']);
    expect([drift.code, drift.stdout]).toEqual([1, expect.stringContaining('error ORM_MODEL_DB_DRIFT')]);
    const applied = await run('git', ['apply', 'm.patch'], { cwd: project.folder });
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    const clean = await project.run(['lint', '--fail-on', 'error']);
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining('Models and database agree')]);
  });

  test('models that cannot be read end it; those that nobody names are told of', async () => {
    project.write('schema.prisma', 'model orders {');
    const unread = await project.run(['lint']);
    expect([unread.code, unread.stdout]).toEqual([2, '']);
    project.write('ondelete.config.yaml', `${shopConfig}orm: { name: sqlalchemy }\n`);
    const unnamed = await project.run(['lint']);
    expect(unnamed.stdout).not.toContain('Models');
    expect(unnamed.stderr).toContain(
      'The models were not looked at: no models are named. Name them with --models',
    );
    const asked = await project.run(['lint', '--patch', 'm.patch']);
    expect([asked.code, asked.stderr]).toEqual([
      2,
      expect.stringMatching(/no models are named\..*below `orm:`, as `models:`/),
    ]);
  });
});
