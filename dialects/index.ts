/** The one list of engines. */
import type { EngineEntry } from '../src/core/contracts/engine.ts';

export const engines: readonly EngineEntry[] = [
  {
    flavor: 'postgres',
    schemes: ['postgres', 'postgresql'],
    load: async () => (await import('./postgres/index.ts')).postgres,
  },
  { flavor: 'mysql', schemes: ['mysql'], load: async () => (await import('./mysql/index.ts')).mysql },
  { flavor: 'mariadb', schemes: ['mariadb'], load: async () => (await import('./mariadb/index.ts')).mariadb },
  {
    flavor: 'sqlite',
    schemes: ['sqlite', 'file'],
    load: async () => (await import('./sqlite/index.ts')).sqlite,
  },
];
