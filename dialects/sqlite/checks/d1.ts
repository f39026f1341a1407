/** What a change means on Cloudflare D1, where tables are made anew. Pure. */
import { keyText, tableText } from '../../../src/core/names.ts';
import type { ForeignKey, Hazard, Table } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { tokenize } from '../text/tokens.ts';
import { chainOf, rowidOf } from './chain.ts';
import { parentMismatch } from './parent.ts';

/** Of a table or an answer; one more is "too many columns" (measured on workerd 1.20260426). */
export const mostColumns = 100;

/** What stands in the way of making the child and the tables below it anew. */
export function d1Hazards(key: ForeignKey, schema: SchemaIndex): readonly Hazard[] {
  return chainOf([key.child], schema)
    .flatMap((table) => obstacles(table, schema))
    .map((detail) => ({ code: 'NOT_AVAILABLE_HERE', subject: keyText(key), detail }));
}

function obstacles(table: Table, schema: SchemaIndex): readonly string[] {
  const name = tableText(table);
  if (table.definition === null)
    return [`the stored text of ${name} is not understood, so it cannot be made anew`];
  const broken = schema.keysOn(table).flatMap((key) => parentMismatch(key, schema) ?? []);
  const kept = table.columns.filter(({ generated }) => generated === null).length;
  const texts = [table.definition, ...(table.stored ?? []).map(({ sql }) => sql)];
  return [
    ...broken.map((why) => `no row can be put back into ${name}, because ${why}`),
    ...(kept >= mostColumns && rowidOf(table) !== null
      ? [
          `${name} has as many columns as D1 takes, ${mostColumns}, and a rowid beside them, which leaves no room to keep its rows aside`,
        ]
      : []),
    ...(texts.some(isCutByWrangler)
      ? [`wrangler cannot read a name in square brackets that is in the text of ${name}`]
      : []),
  ];
}

/** wrangler cuts a file at semicolons and knows no square brackets: `[a;b]` is a syntax error for it (measured on 4.86). */
function isCutByWrangler(text: string): boolean {
  return tokenize(text).some(
    ({ end, kind, start, value }) =>
      kind === 'name' && text.slice(start, end).startsWith('[') && /[;'"`$]|--|\/\*/.test(value),
  );
}
