/** The one list of migration tools. */
import type { TemplateEntry } from '../src/template.ts';

export const templates: readonly TemplateEntry[] = [
  { name: 'sql', load: async () => (await import('./sql.ts')).sqlFiles },
  { name: 'kysely', load: async () => (await import('./kysely.ts')).kysely },
];
