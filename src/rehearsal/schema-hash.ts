/** A hash of the keys of a rehearsed part, with which a receipt names what it was given for. */
import { hash } from 'node:crypto';
import { fingerprint } from '../core/fingerprint.ts';
import type { SchemaIndex } from '../core/schema-index.ts';

/** @returns 16 hexadecimal digits: the same on every environment with the same keys, whatever else differs */
export function schemaHash(part: SchemaIndex): string {
  const fingerprints = part.snapshot.foreignKeys.map((key) => fingerprint(key, part)).sort();
  return hash('sha256', fingerprints.join(' ')).slice(0, 16);
}
