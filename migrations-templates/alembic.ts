/** Migrations of Alembic: `versions/<revision>_<name>.py`, each naming the revision before it. */
import { createHash } from 'node:crypto';
import { OndeleteError } from '../src/core/errors.ts';
import { type EngineName, engineNames } from '../src/core/model.ts';
import type { ExistingFile, Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { closure, inOrderOfChain, lastOfChain, type Link } from './shared/chain.ts';
import { pyComment, pyDocstring, pyString } from './shared/python.ts';
import { type Line, type Section, sections } from './shared/sections.ts';

export const alembic: Template = {
  name: 'alembic',
  title: 'Alembic',
  engines: engineNames,
  description: {
    files: '`<revision>_<name>.py` in the folder `versions`; name that folder with --out',
    order:
      'Each file names the revision before it. The new one comes after the head; with several heads nothing is written.',
    applied: '`alembic_version`, one row with the head; the revisions before it are applied as well.',
    transactions:
      'On PostgreSQL one around all pending files, unless env.py sets `transaction_per_migration`; elsewhere none. Our file works in an `autocommit_block`, which commits what the run has done before it.',
    down: '`alembic downgrade -1` takes back the last revision.',
    failure:
      'What was done stays done, every key enforced; the revision does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT version_num FROM alembic_version',
    names: (rows, existing) =>
      closure(
        revisions(existing),
        rows.map((row) => String(row['version_num'])),
      ),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, { names, setup }) =>
    // of Flask-Migrate, which runs Alembic in the application
    setup === 'migrations/alembic.ini'
      ? {
          up: 'flask db upgrade',
          down: names.length === 1 ? 'flask db downgrade' : `flask db downgrade -- -${names.length}`,
        }
      : { up: 'alembic upgrade head', down: `alembic downgrade -${names.length}` },
  migrationName: (path) => /^(?!__init__\.py$)([^/]+)\.py$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  inOrder: (existing) => inOrderOfChain(revisions(existing)),
  names,
  render(migrations, existing, now) {
    const head = headOf(existing);
    return migrations.map((migration, at) => {
      const before = at === 0 ? head : revisionOf(migrations[at - 1]?.name ?? '');
      return { path: `${migration.name}.py`, content: file(migration, before, now) };
    });
  },
  replay: null,
};

/** Twelve hexadecimal digits, as Alembic makes them; the date in front only where alembic.ini's `file_template` puts one there. */
function names({ existing, now, parts, slug }: NameRequest): readonly string[] {
  const dated = existing.some((name) => /^\d{4}_\d\d_\d\d_\d{4}-/.test(name));
  const date = now.toISOString().replace(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+).*$/, '$1_$2_$3_$4$5-');
  return parts.map((part) => {
    const seed = JSON.stringify([slug, part, now.getTime(), existing]);
    const revision = createHash('sha256').update(seed).digest('hex').slice(0, 12);
    return `${dated ? date : ''}${revision}_${slug}${part === '' ? '' : `_${part}`}`;
  });
}

function revisionOf(name: string): string {
  return /(?:^|-)([0-9a-f]{12})_/.exec(name)?.[1] ?? name;
}

/** The name that somebody gave, as words. */
function titleOf(name: string): string {
  return name.replace(/^.*?[0-9a-f]{12}_/, '').replaceAll('_', ' ');
}

interface Revision extends Link {
  /** Its `down_revision`; `after` holds what it depends on besides. */
  readonly parents: readonly string[];
}

/** Those that can be read. */
function revisions(existing: readonly ExistingFile[]): readonly Revision[] {
  return existing.flatMap((file) => readRevision(file) ?? []);
}

function readRevision({ content, path }: ExistingFile): Revision | null {
  const name = alembic.migrationName(path);
  const [id] = assigned(content, 'revision') ?? [];
  const parents = assigned(content, 'down_revision');
  if (name === null || id === undefined || parents === null) return null;
  return { id, name, parents, after: [...parents, ...(assigned(content, 'depends_on') ?? [])] };
}

/** The strings that are assigned to a variable of the module; none for None, null where it cannot be read. */
function assigned(content: string, variable: string): readonly string[] | null {
  const value = new RegExp(
    `^${variable}\\b[^=\\n]*=\\s*(None\\b|\\([^)]*\\)|\\[[^\\]]*\\]|"[^"\\n]*"|'[^'\\n]*')`,
    'm',
  ).exec(content)?.[1];
  if (value === undefined) return null;
  return [...value.matchAll(/"([^"\n]*)"|'([^'\n]*)'/g)].map(([, a, b]) => a ?? b ?? '');
}

/** The last revision; null in an empty folder. */
function headOf(existing: readonly ExistingFile[]): string | null {
  const strange = existing.find((file) => readRevision(file) === null);
  if (strange !== undefined) {
    throw new OndeleteError(
      'USAGE',
      `${strange.path} in the output folder is no revision of Alembic: it has no \`revision\` and \`down_revision\` that can be read`,
      'Name the folder of the revisions with --out, such as migrations/versions.',
    );
  }
  const all = revisions(existing);
  const missing = all.flatMap(({ parents }) => parents).find((id) => !all.some((one) => one.id === id));
  if (missing !== undefined) {
    throw new OndeleteError(
      'USAGE',
      `the output folder has no revision ${missing}, which another one comes after`,
      'Alembic itself stops at this: add the missing file, or name the right folder with --out.',
    );
  }
  const heads = lastOfChain(all.map((one) => ({ ...one, after: one.parents })));
  if (heads.length > 1) {
    throw new OndeleteError(
      'USAGE',
      `the output folder has ${heads.length} heads: ${heads.map(({ name }) => name).join(', ')}`,
      'Join them with `alembic merge heads`, then run this again.',
    );
  }
  return heads[0]?.id ?? null;
}

function file(migration: Migration, before: string | null, now: Date): string {
  const { downHead, flavor, head, name, record, steps } = migration;
  const [first = '', ...rest] = head;
  const revision = revisionOf(name);
  return [
    ...pyDocstring([
      // The first paragraph is what `alembic history` shows.
      `${titleOf(name)}: ${first}`,
      ...rest,
      '',
      `Revision ID: ${revision}`,
      `Revises: ${before ?? ''}`.trimEnd(),
      `Create Date: ${now.toISOString().replace('T', ' ').slice(0, 19)}`,
      '',
    ]),
    'from alembic import op',
    '',
    '# revision identifiers, used by Alembic.',
    `revision = "${revision}"`,
    `down_revision = ${before === null ? 'None' : pyString(before)}`,
    'branch_labels = None',
    'depends_on = None',
    '',
    ...whySql(flavor).map(pyComment),
    '',
    '',
    'def upgrade() -> None:',
    ...body(sections(steps, 'up', 'own transactions')),
    '',
    '',
    'def downgrade() -> None:',
    ...pyDocstring(downHead, '    '),
    ...body(sections(steps, 'down', 'own transactions')),
    '',
    '',
    pyComment(record),
    '',
  ].join('\n');
}

function whySql(flavor: EngineName): readonly string[] {
  return flavor === 'sqlite'
    ? ['Raw SQL: batch_alter_table would copy the whole table.']
    : [
        'Raw SQL: one statement drops the old key and adds the new one. Between op.drop_constraint and',
        'op.create_foreign_key there would be no key.',
      ];
}

function body(parts: readonly Section[]): readonly string[] {
  if (parts.length === 0) return ['    pass'];
  return [
    '    with op.get_context().autocommit_block():',
    ...parts.flatMap(({ always, statements, title }) => [
      ...(parts.length === 1 ? [] : [`        ${pyComment(title)}`]),
      ...(always.length === 0
        ? executions(statements, 8)
        : ['        try:', ...executions(statements, 12), '        finally:', ...executions(always, 12)]),
    ]),
  ];
}

function executions(lines: readonly Line[], depth: number): readonly string[] {
  const indent = ' '.repeat(depth);
  return lines.flatMap(({ comment, sql }) => [
    ...(comment === '' ? [] : [`${indent}${pyComment(comment)}`]),
    `${indent}op.execute(${pyString(withoutBinds(sql))})`,
  ]);
}

/**
 * SQLAlchemy takes `:name` for a parameter, in quotes too, and `\:` for a colon; a second colon on either side makes both plain text
 * (BIND_PARAMS and BIND_PARAMS_ESC in sqlalchemy/sql/compiler.py, 2.0 and 2.1).
 */
function withoutBinds(sql: string): string {
  return sql.replace(
    /(?<![:\p{L}\p{N}_]):(?=[\p{L}\p{N}_$]+(?![:\p{L}\p{N}_$]))|(?<=\\):(?=[\p{L}\p{N}_$]*(?![:\p{L}\p{N}_$]))/gu,
    '\\:',
  );
}
