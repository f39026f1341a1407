/** A table by the name that somebody typed. */
import { OndeleteError } from '../../core/errors.ts';
import type { TableName } from '../../core/model.ts';
import { tableText } from '../../core/names.ts';
import { didYouMean } from '../../core/suggest.ts';
import { literalOf } from '../../policy/pattern/ast.ts';
import { tableMatcher } from '../../policy/pattern/match.ts';
import { parseTablePattern } from '../../policy/pattern/parse.ts';
import type { SchemaSource } from '../../schema-source.ts';

/** The one table of the snapshot that a name means. @throws OndeleteError USAGE */
export function tableNamed(text: string, { snapshot, engine }: SchemaSource): TableName {
  const parsed = parseTablePattern(text);
  const isName =
    parsed.ok &&
    literalOf(parsed.value.name) !== null &&
    (parsed.value.schema === null || literalOf(parsed.value.schema) !== null);
  if (!isName) {
    throw new OndeleteError(
      'USAGE',
      `${JSON.stringify(text)} is not the name of a table`,
      'Write table or schema.table; a name with other signs stands in "double quotes".',
    );
  }
  const found = snapshot.tables.filter(tableMatcher(parsed.value, engine.names(snapshot.server)));
  const [first, second] = found;
  if (first === undefined) {
    const known = snapshot.tables.flatMap((table) => [tableText(table), table.name]);
    throw new OndeleteError(
      'USAGE',
      `no foreign key names a table ${text}${didYouMean(text, [...new Set(known)])}`,
      '`ondelete reach` without a name lists the tables that take part in keys.',
    );
  }
  if (second !== undefined) {
    throw new OndeleteError(
      'USAGE',
      `${text} is ${found.slice(0, 4).map(tableText).join(', ')}${found.length > 4 ? ` and ${found.length - 4} more` : ''}`,
      'Write the schema in front of the name.',
    );
  }
  return first;
}
