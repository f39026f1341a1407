/**
 * A key's two statements with nothing around them: TiDB takes them one by one, and where no migration is written they are printed for people.
 * One ALTER TABLE cannot drop a name and add it again (error 1826).
 */
import type { Change } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { type KeySwap, sortedByParent, upSwap } from './key-swap.ts';
import { contextOf, keySql, type SchemaContext, type SqlVariant } from './shared-sql.ts';

export function printedWith(variant: SqlVariant) {
  return (changes: readonly Change[], schema: SchemaIndex): readonly string[] => {
    const runner = { runsCode: false, commandLineClient: false };
    const asked = { capabilities: {}, runner, wraps: 'nothing', plain: true, withOperations: false } as const;
    const context = contextOf(variant, changes, { ...asked, schema });
    return sortedByParent(changes).flatMap((change) => {
      const swap = upSwap(change, keySql(context, change.foreignKey));
      const { alters, from, name, sql, to } = swap;
      return [
        `-- ${sql.label}: ON DELETE ${from} becomes ${to}`,
        `${dropSql(context, swap, alters[0]?.drop ?? name)};`,
        `${addSql(context, swap, name)};`,
      ];
    });
  };
}

export function addSql({ ddl }: SchemaContext, { key, sql, to }: KeySwap, name: string): string {
  const actions = ddl.raw(` ON DELETE ${to} ON UPDATE ${key.onUpdate}`);
  return ddl.text(
    ddl.sql`ALTER TABLE ${sql.child} ADD CONSTRAINT ${ddl.id(name)} FOREIGN KEY (${sql.columns}) REFERENCES ${sql.parent} (${sql.parentColumns})${actions}`,
  );
}

export function dropSql({ ddl }: SchemaContext, { sql }: KeySwap, name: string): string {
  return ddl.text(ddl.sql`ALTER TABLE ${sql.child} DROP FOREIGN KEY ${ddl.id(name)}`);
}
