/** The list of migration tools. */
import type { TemplateEntry } from '../src/core/contracts/template.ts';

export { type ProvenRun, provenRuns } from './proven.ts';

export const templates: readonly TemplateEntry[] = [
  { name: 'sql', load: async () => (await import('./sql/index.ts')).sqlFiles },
  { name: 'kysely', load: async () => (await import('./kysely/index.ts')).kysely },
  { name: 'knex', load: async () => (await import('./knex.ts')).knex },
  { name: 'alembic', load: async () => (await import('./alembic.ts')).alembic },
  { name: 'django', load: async () => (await import('./django.ts')).django },
  { name: 'yoyo', load: async () => (await import('./yoyo.ts')).yoyo },
];
