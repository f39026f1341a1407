/** One hash for the keys of a rehearsed part, so that a receipt can say on what it was given. */
import { createHash } from 'node:crypto';
import { fingerprint } from '../core/fingerprint.ts';
import type { SchemaIndex } from '../core/schema-index.ts';

/** @returns 16 hexadecimal digits: the same on every environment with the same keys, whatever else differs */
export function schemaHash(part: SchemaIndex): string {
  const prints = part.snapshot.foreignKeys.map((key) => fingerprint(key, part)).sort();
  return createHash('sha256').update(prints.join(' ')).digest('hex').slice(0, 16);
}
