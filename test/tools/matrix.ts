// Each run of the contract leaves a line; `npm run tools` makes the table of the docs from them.
import { appendFileSync } from 'node:fs';

export interface ToolRun {
  readonly tool: string;
  readonly version: string;
  /** Of the server: `postgres-18`. */
  readonly id: string;
  readonly up: boolean;
  readonly down: boolean;
}

export function noteRun(run: ToolRun): void {
  const file = process.env['ONDELETE_TOOLS_RUNS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(run)}\n`);
}
