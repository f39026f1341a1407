/**
 * The one list of engines. `core` is what reading and comparing need; the parts that write SQL, and kysely with them, are loaded by those
 * commands that use them.
 */
import type { EngineEntry } from '../src/core/contracts/engine.ts';

export const engines: readonly EngineEntry[] = [
  {
    flavor: 'postgres',
    schemes: ['postgres', 'postgresql', 'pglite'],
    core: async () => (await import('./postgres/index.ts')).postgres,
    emitter: async () => (await import('./postgres/emitter/index.ts')).emitter,
    scratch: async () => (await import('./postgres/scratch/index.ts')).scratch,
    schemaReader: async () => (await import('./postgres/schema-file/index.ts')).schemaReader,
  },
  {
    flavor: 'mysql',
    schemes: ['mysql'],
    core: async () => (await import('./mysql/index.ts')).mysql,
    emitter: async () => (await import('./mysql/emitter/index.ts')).emitter,
    scratch: async () => (await import('./mysql/scratch/index.ts')).scratch,
    schemaReader: async () => (await import('./mysql/schema-file/index.ts')).schemaReaderFor('mysql'),
  },
  {
    flavor: 'mariadb',
    schemes: ['mariadb'],
    core: async () => (await import('./mariadb/index.ts')).mariadb,
    emitter: async () => (await import('./mariadb/emitter/index.ts')).emitter,
    scratch: async () => (await import('./mysql/scratch/index.ts')).scratch,
    schemaReader: async () => (await import('./mysql/schema-file/index.ts')).schemaReaderFor('mariadb'),
  },
  {
    flavor: 'sqlite',
    schemes: ['sqlite', 'file', 'd1', 'libsql', 'turso'],
    core: async () => (await import('./sqlite/index.ts')).sqlite,
    emitter: async () => (await import('./sqlite/load-emitter.ts')).loadEmitter(),
    scratch: async () => (await import('./sqlite/scratch/index.ts')).scratch,
    schemaReader: async () => (await import('./sqlite/schema-file/index.ts')).schemaReader,
  },
];
