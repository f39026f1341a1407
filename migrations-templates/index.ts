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
  { name: 'typeorm', load: async () => (await import('./typeorm.ts')).typeorm },
  { name: 'sequelize', load: async () => (await import('./sequelize.ts')).sequelize },
  {
    name: 'node-pg-migrate',
    load: async () => (await import('./node-pg-migrate.ts')).nodePgMigrate,
  },
  { name: 'db-migrate', load: async () => (await import('./db-migrate.ts')).dbMigrate },
  { name: 'drizzle', load: async () => (await import('./drizzle/index.ts')).drizzle },
  { name: 'postgrator', load: async () => (await import('./postgrator.ts')).postgrator },
  {
    name: 'graphile-migrate',
    load: async () => (await import('./graphile-migrate.ts')).graphileMigrate,
  },
  { name: 'prisma', load: async () => (await import('./prisma.ts')).prisma },
  { name: 'mikro-orm', load: async () => (await import('./mikro-orm.ts')).mikroOrm },
  { name: 'rails', load: async () => (await import('./rails.ts')).rails },
  { name: 'laravel', load: async () => (await import('./laravel.ts')).laravel },
  { name: 'dbmate', load: async () => (await import('./dbmate.ts')).dbmate },
  { name: 'golang-migrate', load: async () => (await import('./golang-migrate.ts')).golangMigrate },
  { name: 'goose', load: async () => (await import('./goose.ts')).goose },
  { name: 'sql-migrate', load: async () => (await import('./sql-migrate.ts')).sqlMigrate },
  { name: 'flyway', load: async () => (await import('./flyway.ts')).flyway },
  { name: 'liquibase', load: async () => (await import('./liquibase.ts')).liquibase },
  { name: 'supabase', load: async () => (await import('./supabase.ts')).supabase },
  { name: 'libsql', load: async () => (await import('./libsql.ts')).libsql },
  { name: 'd1', load: async () => (await import('./d1.ts')).d1 },
  { name: 'turso', load: async () => (await import('./turso.ts')).turso },
  { name: 'atlas', load: async () => (await import('./atlas.ts')).atlas },
  { name: 'sqitch', load: async () => (await import('./sqitch.ts')).sqitch },
];
