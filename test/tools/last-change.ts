// The contract's second change is called `second`; a tool's own transactions decide how many files a change has.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from './contract.ts';

export function filesPerChange({ folder }: Project, migrations: string): number {
  return readdirSync(join(folder, migrations)).filter((name) => /second/i.test(name)).length;
}
