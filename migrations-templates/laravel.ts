/** Migrations of Laravel: `YYYY_MM_DD_HHMMSS_name.php`, which returns a class without a name. */
import { compareText } from '../src/core/names.ts';
import { type EngineName, engineNames } from '../src/core/model.ts';
import type { Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { noNameAfter } from './shared/names.ts';
import { phpCall, phpComment } from './shared/php.ts';
import { type Line, type Section, sections } from './shared/sections.ts';

export const laravel: Template = {
  name: 'laravel',
  title: 'Laravel',
  engines: engineNames,
  description: {
    files: '`YYYY_MM_DD_HHMMSS_name.php`, which returns a class without a name',
    order: 'By name.',
    applied: '`migrations`, one row per file with the number of its batch.',
    transactions: 'One per file on PostgreSQL. Our file opts out with `$withinTransaction = false`.',
    down: '`php artisan migrate:rollback --step=1` takes back the last file, without `--step` the last batch.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT migration FROM migrations',
    names: (rows) => rows.map((row) => String(row['migration'])),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, { names }) => ({
    up: 'php artisan migrate',
    down: `php artisan migrate:rollback --step=${names.length}`,
  }),
  migrationName: (path) => /^([^/]*_[^/]*)\.php$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.php`, content: file(migration) })),
  replay: null,
};

function names({ existing, now, parts, slug }: NameRequest): readonly string[] {
  const last = [...existing].sort(compareText).at(-1) ?? '';
  const stamps = [now.toISOString().replace(/\D/g, '').slice(0, 14), digitsAfter(last)];
  const stamp = stamps
    .map((digits) => digits.replace(/^(\d{4})(\d\d)(\d\d)(\d{6})$/, '$1_$2_$3_$4'))
    .find((one) => compareText(`${one}_${slug}`, last) > 0);
  if (stamp === undefined) throw noNameAfter(last);
  return parts.map((part, at) => (part === '' ? `${stamp}_${slug}` : `${stamp}_${slug}_${at + 1}_${part}`));
}

/** The number after the one of a name. */
function digitsAfter(name: string): string {
  const digits = /^(\d{4})_(\d\d)_(\d\d)_(\d{6})_/.exec(name)?.slice(1).join('') ?? '0';
  return String(BigInt(digits) + 1n);
}

function file(migration: Migration): string {
  const { downHead, flavor, head, record, steps } = migration;
  const readsResults = flavor === 'mysql' || flavor === 'mariadb';
  return [
    '<?php',
    '',
    ...head.map(phpComment),
    '',
    'use Illuminate\\Database\\Migrations\\Migration;',
    'use Illuminate\\Support\\Facades\\DB;',
    '',
    'return new class extends Migration',
    '{',
    '    public $withinTransaction = false;',
    '',
    '    public function up(): void',
    '    {',
    ...body(sections(steps, 'up', 'own transactions'), flavor),
    '    }',
    '',
    ...downHead.map((line) => `    ${phpComment(line)}`),
    '    public function down(): void',
    '    {',
    ...body(sections(steps, 'down', 'own transactions'), flavor),
    '    }',
    ...(readsResults ? ['', ...run] : []),
    '};',
    '',
    // the text is JSON
    phpComment(record.replaceAll('?>', '?\\u003e')),
    '',
  ].join('\n');
}

function body(parts: readonly Section[], flavor: EngineName): readonly string[] {
  return parts.flatMap(({ always, statements, title }) => [
    ...(parts.length === 1 ? [] : [`        ${phpComment(title)}`]),
    ...(always.length === 0
      ? executions(statements, flavor, '        ')
      : [
          '        try {',
          ...executions(statements, flavor, '            '),
          '        } finally {',
          ...executions(always, flavor, '            '),
          '        }',
        ]),
  ]);
}

function executions(lines: readonly Line[], flavor: EngineName, indent: string): readonly string[] {
  const method = flavor === 'mysql' || flavor === 'mariadb' ? '$this->run' : 'DB::unprepared';
  return lines.flatMap(({ comment, sql }) => [
    ...(comment === '' ? [] : [`${indent}${phpComment(comment)}`]),
    ...phpCall(method, sql, indent),
  ]);
}

/** After `DB::unprepared` of a statement that returns rows, MySQL's driver refuses the next one (error 2014); an error may come after rows. */
const run = [
  '    /** Reads what the statement returns, which DB::unprepared() would leave in the connection. */',
  '    private function run(string $sql): void',
  '    {',
  '        $result = DB::getPdo()->query($sql);',
  '        do {',
  '            if ($result->columnCount() > 0) {',
  '                $result->fetchAll();',
  '            }',
  '        } while ($result->nextRowset());',
  '    }',
];
