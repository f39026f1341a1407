/** The tables that are made anew together: while keys are on, a table cannot be dropped while rows of others hang on it. Pure. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Table, TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';

/** These tables and all that reference one of them, over any number of keys; parents first, as far as circles allow. */
export function chainOf(tables: readonly TableName[], schema: SchemaIndex): readonly Table[] {
  const seen = new Set<string>();
  const bottomUp: Table[] = [];
  const visit = (name: TableName): void => {
    if (seen.has(name.name)) return;
    seen.add(name.name);
    for (const child of schema.childrenOf(name)) visit(child);
    const table = schema.table(name);
    if (table !== null) bottomUp.push(table);
  };
  for (const table of tables) visit(table);
  return bottomUp.reverse();
}

/** Where keys can be switched off, these tables alone. */
export function madeAnew(
  tables: readonly TableName[],
  schema: SchemaIndex,
  { pragmaOff }: Capabilities,
): readonly Table[] {
  const chain = chainOf(tables, schema);
  return pragmaOff?.has === true
    ? chain.filter(({ name }) => tables.some((table) => table.name === name))
    : chain;
}

/** A name of the rowid, where the table has one that no column holds: it is kept aside beside the columns. */
export function rowidOf({ columns, indexes, options }: Table): string | null {
  if (options.includes('without rowid') || indexes.some((index) => index.method === 'rowid')) return null;
  const taken = columns.map((column) => column.name.toLowerCase());
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.includes(name)) ?? null;
}
