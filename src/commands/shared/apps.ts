/** Which of the application's apps makes a table, as its models tell. */
import type { AppMigrations } from '../../core/contracts/template.ts';
import type { TableName } from '../../core/model.ts';
import { lookup } from '../../orm/lint/match-keys.ts';
import type { MigrationRequest } from './migration-request.ts';

export function appsIn({
  comparison,
  models,
}: Pick<MigrationRequest, 'comparison' | 'models'>): (table: TableName) => AppMigrations | null {
  if (models === null || Object.keys(models.facts.newestMigrations).length === 0) return () => null;
  const { newestMigrations } = models.facts;
  const { engine, schema, snapshot } = comparison.source;
  const found = lookup(models.facts, schema, engine.names(snapshot.server));
  return (table) => {
    const app = found.modelTable(table)?.group ?? null;
    return app === null ? null : { app, newest: newestMigrations[app] ?? [] };
  };
}
