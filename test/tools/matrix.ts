// Each run of the contract leaves a line; scripts/test.mjs compares them with migrations-templates/proven.ts, or writes it.
import { appendFileSync } from 'node:fs';
import type { ProvenRun } from '../../migrations-templates/proven.ts';

export function noteRun(run: ProvenRun): void {
  const file = process.env['ONDELETE_TOOLS_RUNS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(run)}\n`);
}
