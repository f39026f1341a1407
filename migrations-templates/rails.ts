/** Migrations of Rails: `YYYYMMDDHHMMSS_name.rb`, whose class has the name in camel case. */
import { clauseText, keyText } from '../src/core/names.ts';
import { type Change, type EngineName, engineNames } from '../src/core/model.ts';
import type { ExistingFile, Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { stampedNames } from './shared/names.ts';
import { rubyCall, rubyComment } from './shared/ruby.ts';
import { type Line, type Section, sections } from './shared/sections.ts';

export const rails: Template = {
  name: 'rails',
  title: 'Rails (Active Record)',
  engines: engineNames,
  description: {
    files:
      '`YYYYMMDDHHMMSS_name.rb` with a class of that name in camel case, which no other migration may have',
    order: 'By the number in front.',
    applied: '`schema_migrations`, one row per number.',
    transactions: 'One per file on PostgreSQL and SQLite. Our file opts out with `disable_ddl_transaction!`.',
    down: '`bin/rails db:rollback` takes back the last file.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      'Of several statements in one `execute`, SQLite’s adapter runs the first and says nothing about the others: when you edit a file, keep one statement per call.',
      'Where config/initializers/inflections.rb has acronyms, write the class name as they demand.',
      'The adapter switches a SQLite file to WAL.',
    ],
  },
  history: {
    query: () => 'SELECT version FROM schema_migrations',
    names(rows, existing) {
      const applied = new Set(rows.map((row) => String(row['version'])));
      return existing
        .flatMap(({ path }) => rails.migrationName(path) ?? [])
        .filter((name) => applied.has(/^\d+/.exec(name)?.[0] ?? ''));
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, { names }) => ({
    up: 'bin/rails db:migrate',
    down: names.length === 1 ? 'bin/rails db:rollback' : `bin/rails db:rollback STEP=${names.length}`,
  }),
  migrationName: (path) => /^(\d+_[a-z0-9_]+(?:\.[a-z0-9_]+)?)\.rb$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names,
  render(migrations, existing) {
    const version = versionOf(existing);
    return migrations.map((migration) => ({
      path: `${migration.name}.rb`,
      content: file(migration, version),
    }));
  },
  replay: null,
};

/** A class may be there once only, and may not begin with a digit. */
function names(request: NameRequest): readonly string[] {
  const taken = new Set(request.existing.map(className));
  const slug = /^\d/.test(request.slug) ? `change_${request.slug}` : request.slug;
  for (let number = 1; ; number += 1) {
    const found = stampedNames({ ...request, slug: number === 1 ? slug : `${slug}_${number}` });
    if (!found.some((name) => taken.has(className(name)))) return found;
  }
}

/** As Active Support's `camelize` makes it. */
function className(name: string): string {
  return name
    .replace(/^\d+_|\..*$/g, '')
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}

/** Of the last file, so that the new one behaves alike; 7.0 runs on every later Rails. */
function versionOf(existing: readonly ExistingFile[]): string {
  const last = existing.findLast(({ content }) => inherits.test(content));
  return inherits.exec(last?.content ?? '')?.[1] ?? '7.0';
}

const inherits = /ActiveRecord::Migration\[(\d+\.\d+)\]/;

function file(migration: Migration, version: string): string {
  const { changes, downHead, flavor, head, name, record, steps } = migration;
  return [
    ...head.map(rubyComment),
    `class ${className(name)} < ActiveRecord::Migration[${version}]`,
    ...whySql(flavor).map((line) => `  ${rubyComment(line)}`),
    '  disable_ddl_transaction!',
    '',
    '  def up',
    ...body(sections(steps, 'up', 'own transactions')),
    ...said(changes, 'to'),
    '  end',
    '',
    ...downHead.map((line) => `  ${rubyComment(line)}`),
    '  def down',
    ...body(sections(steps, 'down', 'own transactions')),
    ...said(changes.toReversed(), 'from'),
    '  end',
    ...(steps.length === 0 ? [] : quietly),
    'end',
    '',
    rubyComment(record),
    '',
  ].join('\n');
}

function whySql(flavor: EngineName): readonly string[] {
  return flavor === 'sqlite'
    ? ['Raw SQL: Rails would change a foreign key by copying the whole table.']
    : [
        'Raw SQL: one statement drops the old key and adds the new one. Between remove_foreign_key and',
        'add_foreign_key there would be no key.',
      ];
}

/** Rails prints what a migration executes, and nobody reads pages of SQL there. */
const quietly = [
  '',
  '  private',
  '',
  '  # strong_migrations, where a project has it, stops each execute outside safety_assured.',
  '  def quietly(&sql)',
  '    suppress_messages { respond_to?(:safety_assured) ? safety_assured(&sql) : sql.call }',
  '  end',
];

function body(parts: readonly Section[]): readonly string[] {
  if (parts.length === 0) return [];
  return [
    '    quietly do',
    ...parts.flatMap(({ always, statements, title }) => {
      if (parts.length === 1) return [...executions(statements, '      '), ...ensured(always, '    ')];
      const comment = `      ${rubyComment(title)}`;
      if (always.length === 0) return [comment, ...executions(statements, '      ')];
      return [
        comment,
        '      begin',
        ...executions(statements, '        '),
        ...ensured(always, '      '),
        '      end',
      ];
    }),
    '    end',
  ];
}

function ensured(always: readonly Line[], indent: string): readonly string[] {
  return always.length === 0 ? [] : [`${indent}ensure`, ...executions(always, `${indent}  `)];
}

/** What each key does now. */
function said(changes: readonly Change[], side: 'from' | 'to'): readonly string[] {
  return changes.flatMap(({ foreignKey, [side]: clause }) =>
    rubyCall('say', `${keyText(foreignKey)}: ${clauseText(clause)}`, '    '),
  );
}

function executions(lines: readonly Line[], indent: string): readonly string[] {
  return lines.flatMap(({ comment, sql }) => [
    ...(comment === '' ? [] : [`${indent}${rubyComment(comment)}`]),
    ...rubyCall('execute', sql, indent),
  ]);
}
