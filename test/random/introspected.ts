// Whether introspection tells the keys as they were generated: both sides as comparable lines.
import { compareText } from '../../src/core/names.ts';
import type { Snapshot } from '../../src/core/model.ts';
import { type Key, missingParent, type Schema } from './schema.ts';

const main = 'main';

/** MySQL and MariaDB take RESTRICT and NO ACTION for one; MariaDB does not keep the words of SET DEFAULT. */
function actionIn(flavor: string, action: string): string {
  if (flavor === 'postgres' || flavor === 'sqlite') return action;
  const refuses = action === 'RESTRICT' || (flavor === 'mariadb' && action === 'SET DEFAULT');
  return refuses ? 'NO ACTION' : action;
}

/** What the generator made. */
export function generatedLines(schema: Schema): readonly string[] {
  return schema.keys.map((key) => lineOf(schema, key)).sort(compareText);
}

function lineOf(schema: Schema, key: Key): string {
  const sqlite = schema.engine === 'sqlite';
  const of = (name: string): string => (sqlite ? main : name);
  const missing = key.parent === null;
  return JSON.stringify([
    key.name,
    [of(key.child.schema), key.child.name, key.columns],
    [of(key.parent?.schema ?? ''), key.parent?.name ?? missingParent, missing ? ['id'] : key.parentColumns],
    key.impliedColumns,
    actionIn(schema.engine, key.onDelete),
    schema.engine === 'postgres' ? key.onDeleteColumns : null,
    actionIn(schema.engine, key.onUpdate),
    key.match,
    key.deferrability,
    key.validated,
    key.enforced,
    key.comment,
  ]);
}

/** What the snapshot tells. */
export function toldLines(snapshot: Snapshot): readonly string[] {
  return snapshot.foreignKeys
    .map((key) =>
      JSON.stringify([
        key.name,
        [key.child.schema, key.child.name, key.columns],
        [key.parent.schema, key.parent.name, key.parentColumns],
        key.parentColumnsImplied,
        actionIn(snapshot.server.flavor, key.onDelete),
        key.onDeleteColumns,
        actionIn(snapshot.server.flavor, key.onUpdate),
        key.match,
        key.deferrability,
        key.validated,
        key.enforced,
        key.comment,
      ]),
    )
    .sort(compareText);
}
