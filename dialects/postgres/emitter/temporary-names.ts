/** Names under which new keys stand beside the old ones: free on their table, and known before the first statement runs. Pure. */
import type { Change, ForeignKey } from '../../../src/core/model.ts';
import { tableId } from '../../../src/core/names.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { nameOf } from '../key-sql.ts';

/** The temporary name of a key. */
export type NameOf = (key: ForeignKey) => string;

/** `fk__od`, or `fk__od2` where the table has that name. Names of CHECKs are not read: with such a one the first statement fails, and nothing is changed. */
export function temporaryNames(changes: readonly Change[], schema: SchemaIndex, suffix: string): NameOf {
  const taken = new Map<string, Set<string>>();
  const names = new Map<ForeignKey, string>();
  for (const { foreignKey: key } of changes) {
    const own = taken.get(tableId(key.child)) ?? namesOn(key, schema);
    taken.set(tableId(key.child), own);
    let name = withSuffix(nameOf(key), suffix);
    for (let n = 2; own.has(name); n += 1) name = withSuffix(nameOf(key), `${suffix}${n}`);
    own.add(name);
    names.set(key, name);
  }
  return (key) => names.get(key) ?? withSuffix(nameOf(key), suffix);
}

/** A name is free where no constraint of the table has it (pg_constraint_conrelid_contypid_conname_index); PRIMARY KEY and UNIQUE are called as their indexes. */
function namesOn({ child }: ForeignKey, schema: SchemaIndex): Set<string> {
  const indexes = schema.table(child)?.indexes ?? [];
  return new Set([...schema.keysOn(child).map(nameOf), ...indexes.map(({ name }) => name)]);
}

/** Names end at 63 bytes on all of these engines. */
function withSuffix(name: string, suffix: string): string {
  let kept = name;
  while (Buffer.byteLength(kept + suffix) > 63) kept = Array.from(kept).slice(0, -1).join('');
  return kept + suffix;
}
