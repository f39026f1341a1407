/** Migrations of yoyo: `YYYYMMDD_NN_xxxxx-name.py` with functions that apply and roll back. */
import { createHash } from 'node:crypto';
import { engineNames } from '../src/core/model.ts';
import type { ExistingFile, Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { oncePerFile } from './shared/commands.ts';
import { inOrderOfChain, lastOfChain, type Link } from './shared/chain.ts';
import { stampedNames } from './shared/names.ts';
import { pyComment, pyDocstring, pyString } from './shared/python.ts';
import { type Line, type Section, sections } from './shared/sections.ts';

export const yoyo: Template = {
  name: 'yoyo',
  title: 'yoyo',
  engines: engineNames,
  description: {
    files: '`YYYYMMDD_NN_xxxxx-name.py`, or in the form of the last file',
    order:
      'By name, but behind the files of `__depends__`; the new one depends on all that no other depends on.',
    applied: '`_yoyo_migration`, one row per file.',
    transactions:
      'One per file on PostgreSQL and SQLite. Our file opts out with `__transactional__ = False`; each statement then commits by itself.',
    down: '`yoyo rollback` takes back the last file, with `--all` all of them.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT migration_id FROM _yoyo_migration',
    names: (rows) => rows.map((row) => String(row['migration_id'])),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, target) => ({ up: 'yoyo apply', down: oncePerFile('yoyo rollback', target) }),
  migrationName: (path) => /^(?!post-apply|_)([^/]+?)\.(?:py|(?<!\.rollback\.)sql)$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  inOrder: (existing) => inOrderOfChain(links(existing)),
  names,
  render(migrations, existing) {
    const heads = lastOfChain(links(existing)).map(({ name }) => name);
    return migrations.map((migration, at) => ({
      path: `${migration.name}.py`,
      content: file(migration, at === 0 ? heads : [migrations[at - 1]?.name ?? '']),
    }));
  },
  replay: null,
};

/** As `yoyo new` makes them: the day, a number within it, and something that no other branch has. */
function names(request: NameRequest): readonly string[] {
  const { existing, now, parts, slug } = request;
  const form = /^(\d{8})_(\d\d)_/;
  if (existing.length > 0 && !form.test(existing.at(-1) ?? '')) return stampedNames(request);
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  const taken = existing
    .map((name) => form.exec(name))
    .map((found) => (found?.[1] === day ? Number(found[2]) : 0));
  const last = Math.max(0, ...taken);
  return parts.map((part, at) => {
    const seed = JSON.stringify([slug, part, now.getTime(), existing]);
    const random = createHash('sha256')
      .update(seed)
      .digest('base64url')
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(0, 5);
    const words = [slug, part]
      .filter((word) => word !== '')
      .join('-')
      .replaceAll('_', '-');
    return `${day}_${String(last + 1 + at).padStart(2, '0')}_${random}-${words}`;
  });
}

function links(existing: readonly ExistingFile[]): readonly Link[] {
  return existing.flatMap(({ content, path }) => {
    const name = yoyo.migrationName(path);
    if (name === null) return [];
    const after = path.endsWith('.sql') ? dependsOfSql(content) : dependsOfPython(content);
    return [{ id: name, name, after }];
  });
}

function dependsOfSql(content: string): readonly string[] {
  return [...content.matchAll(/^\s*--\s*depends\s*:(.*)$/gm)].flatMap(
    ([, names = '']) => names.match(/\S+/g) ?? [],
  );
}

function dependsOfPython(content: string): readonly string[] {
  const value =
    /^__depends__\b[^=\n]*=\s*([{[(][^}\])]*[}\])]|"[^"\n]*"|'[^'\n]*')/m.exec(content)?.[1] ?? '';
  return [...value.matchAll(/"([^"\n]*)"|'([^'\n]*)'/g)].map(([, a, b]) => a ?? b ?? '');
}

function file(migration: Migration, depends: readonly string[]): string {
  const { downHead, head, record, steps } = migration;
  return [
    ...pyDocstring(head),
    '',
    'from yoyo import step',
    '',
    `__depends__ = {${depends.map(pyString).join(', ')}}`,
    '__transactional__ = False',
    '',
    '',
    'def apply_step(conn):',
    ...body(sections(steps, 'up', 'own transactions')),
    '',
    '',
    'def rollback_step(conn):',
    ...pyDocstring(downHead, '    '),
    ...body(sections(steps, 'down', 'own transactions')),
    '',
    '',
    'steps = [step(apply_step, rollback_step)]',
    '',
    pyComment(record),
    '',
  ].join('\n');
}

function body(parts: readonly Section[]): readonly string[] {
  return [
    '    cursor = conn.cursor()',
    ...parts.flatMap(({ always, statements, title }) => [
      ...(parts.length === 1 ? [] : [`    ${pyComment(title)}`]),
      ...(always.length === 0
        ? executions(statements, '    ')
        : [
            '    try:',
            ...executions(statements, '        '),
            '    finally:',
            ...executions(always, '        '),
          ]),
    ]),
  ];
}

function executions(lines: readonly Line[], indent: string): readonly string[] {
  return lines.flatMap(({ comment, sql }) => [
    ...(comment === '' ? [] : [`${indent}${pyComment(comment)}`]),
    `${indent}cursor.execute(${pyString(sql)})`,
  ]);
}
