// Laravel without Laravel: names, strings, and what a file says.
import { expect, test } from '@jest/globals';
import { laravel } from '../../migrations-templates/laravel.ts';
import { phpCall, phpComment } from '../../migrations-templates/shared/php.ts';
import { migration, now } from './migration.ts';

test('names come after the last', () => {
  const names = (...existing: readonly string[]): readonly string[] =>
    laravel.names({ slug: 'orders', parts: [''], existing, now });
  expect(names()).toEqual(['2026_11_28_093000_orders']);
  expect(names('2026_11_28_093000_z')).toEqual(['2026_11_28_093001_orders']);
  expect(() => names('create_users')).toThrow('sorts after create_users');
});

test('a text stands in single quotes, or is a nowdoc whose end it does not hold', () => {
  const call = (text: string): string => phpCall('f', text, '').join('\n');
  expect(call('SELECT "$a"')).toBe(`f('SELECT "$a"');`);
  expect(call("it's")).toBe(`f(<<<'SQL'\n    it's\n    SQL);`);
  expect(call('a\n\n SQL b')).toBe(`f(<<<'SQL_'\n    a\n\n     SQL b\n    SQL_);`);
  expect(call('$a\r\n"\\')).toBe(String.raw`f("\$a\r\n\"\\");`);
  expect(phpComment('a ?> b')).toBe('// a ? > b');
});

test('a file reads like a migration', () => {
  const content = laravel.render([migration('2026_11_28_093000_orders')], [], now, '')[0]?.content;
  expect(content).toBe(`<?php

// 1 foreign key changes what a delete does.
//
//   a(b) -> c(d)  NO ACTION → CASCADE

use Illuminate\\Database\\Migrations\\Migration;
use Illuminate\\Support\\Facades\\DB;

return new class extends Migration
{
    public $withinTransaction = false;

    public function up(): void
    {
        try {
            DB::unprepared('BEGIN');
            // what it is for
            DB::unprepared('SELECT 1');
            DB::unprepared('COMMIT');
        } finally {
            DB::unprepared('RESET lock_timeout');
        }
    }

    // 1 foreign key changes back to what a delete did before.
    public function down(): void
    {
        try {
            DB::unprepared('BEGIN');
            DB::unprepared('SELECT 2');
            DB::unprepared('COMMIT');
        } finally {
            DB::unprepared('RESET lock_timeout');
        }
    }
};

// ondelete-set: {}
`);
});

test('on MySQL what a statement returns is read', () => {
  const one = { ...migration('2026_11_28_093000_orders'), flavor: 'mysql' as const };
  const [file] = laravel.render([one], [], now, '');
  expect(file?.content).toContain("$this->run('SELECT 1');");
  expect(file?.content).toContain('private function run(string $sql): void');
});
