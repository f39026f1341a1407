// Rails without Rails: class names, strings, and what a file says.
import { describe, expect, test } from '@jest/globals';
import { rails } from '../../migrations-templates/rails.ts';
import { rubyCall } from '../../migrations-templates/shared/ruby.ts';
import { change, key } from '../builders.ts';
import { migration, now } from './migration.ts';

const names = (slug: string, ...existing: readonly string[]): readonly string[] =>
  rails.names({ slug, parts: [''], existing, now });

describe('names', () => {
  test('a class is there once only', () => {
    expect(names('orders')).toEqual(['20261128093000_orders']);
    expect(names('orders', '20200101000000_orders')).toEqual(['20261128093000_orders_2']);
    expect(names('orders', '20200101000000_orders.shop', '20200102000000_orders_2')).toEqual([
      '20261128093000_orders_3',
    ]);
  });

  test('a class does not begin with a digit; a number comes after the last', () => {
    expect(names('2026_orders')).toEqual(['20261128093000_change_2026_orders']);
    expect(names('orders', '20991231235959_a')).toEqual(['20991231235960_orders']);
  });

  test('what is applied is told by the number', () => {
    const existing = ['1_a', '20200101000000_b'].map((name) => ({ path: `${name}.rb`, content: '' }));
    expect(rails.history?.names([{ version: '20200101000000' }], existing)).toEqual(['20200101000000_b']);
  });
});

describe('a text', () => {
  const call = (text: string): string => rubyCall('execute', text, '').join('\n');

  test('stands in quotes where nothing has to be escaped', () => {
    expect(call('SELECT 1')).toBe('execute "SELECT 1"');
    expect(call('SELECT "a#{b}"')).toBe(`execute 'SELECT "a#{b}"'`);
  });

  test('is a heredoc otherwise, whose end it does not hold', () => {
    expect(call(`it's "a"`)).toBe(`execute <<~'SQL'\n  it's "a"\nSQL`);
    expect(call('a\n\n  SQL')).toBe(`execute <<~'SQL_'\n  a\n\n    SQL\nSQL_`);
    expect(call('a\\b\r\n#{c} "')).toBe(String.raw`execute "a\\b\r\n\#{c} \""`);
  });
});

test('a file reads like a migration, of the version of the last', () => {
  const existing = [{ path: '1_a.rb', content: 'class A < ActiveRecord::Migration[8.0]' }];
  const changes = [change('CASCADE', key('items(order_id) -> orders(id)'))];
  const one = { ...migration('20261128093000_orders_cascade'), changes };
  expect(rails.render([one], existing, now, '')[0]?.content).toBe(`# 1 foreign key changes what a delete does.
#
#   a(b) -> c(d)  NO ACTION → CASCADE
class OrdersCascade < ActiveRecord::Migration[8.0]
  # Raw SQL: one statement drops the old key and adds the new one. Between remove_foreign_key and
  # add_foreign_key there would be no key.
  disable_ddl_transaction!

  def up
    quietly do
      execute "BEGIN"
      # what it is for
      execute "SELECT 1"
      execute "COMMIT"
    ensure
      execute "RESET lock_timeout"
    end
    say "public.items(order_id) -> public.orders(id): CASCADE"
  end

  # 1 foreign key changes back to what a delete did before.
  def down
    quietly do
      execute "BEGIN"
      execute "SELECT 2"
      execute "COMMIT"
    ensure
      execute "RESET lock_timeout"
    end
    say "public.items(order_id) -> public.orders(id): NO ACTION"
  end

  private

  # strong_migrations, where a project has it, stops each execute outside safety_assured.
  def quietly(&sql)
    suppress_messages { respond_to?(:safety_assured) ? safety_assured(&sql) : sql.call }
  end
end

# ondelete-set: {}
`);
});
