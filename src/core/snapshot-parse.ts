/** Reads and validates a saved Snapshot, the JSON of `ondelete snapshot`. */
import * as z from 'zod';
import { OndeleteError } from './errors.ts';
import { engineNames, type Introspection, referentialActions, tableOptions } from './model.ts';
import { fromVersion1 } from './snapshot-version-1.ts';

const text = z.string();
const texts = z.array(text);
const action = z.enum(referentialActions);
const tableName = z.object({ schema: text, name: text });
const clause = z.object({ onDelete: action, onDeleteColumns: texts.nullable() });

const foreignKey = clause.extend({
  name: text.nullable(),
  child: tableName,
  columns: texts,
  parent: tableName,
  parentColumns: texts,
  parentColumnsImplied: z.boolean(),
  onUpdate: action,
  match: z.enum(['SIMPLE', 'FULL', 'PARTIAL']),
  deferrability: z.enum(['NOT DEFERRABLE', 'INITIALLY IMMEDIATE', 'INITIALLY DEFERRED']),
  validated: z.boolean(),
  enforced: z.boolean(),
  period: z.boolean(),
  comment: text.nullable(),
  referencedIndex: text.nullable(),
  recreatedIndex: text.nullable(),
  triggers: z.array(
    z.looseObject({
      on: z.enum(['child', 'parent']),
      event: z.enum(['insert', 'update', 'delete']),
      enabled: z.enum(['origin', 'disabled', 'replica', 'always']),
    }),
  ),
  childPartitioned: z.boolean(),
  parentPartitioned: z.boolean(),
  lostOnPartitions: z
    .array(z.object({ what: z.enum(['own key', 'validated copy']), partition: tableName, name: text }))
    .optional(),
  // the file says twins for second keys, and always has
  halfDone: z
    .looseObject({ from: clause.nullable(), to: clause, temporaryName: text.nullable(), twins: z.number() })
    .transform(({ twins, ...halfDone }) => ({ ...halfDone, secondKeys: twins }))
    .nullable(),
});

const table = z.object({
  schema: text,
  name: text,
  engine: text.nullable(),
  partitioned: z.boolean(),
  columns: z.array(
    z.looseObject({
      name: text,
      type: text,
      collation: text.optional(),
      nullable: z.boolean(),
      hasDefault: z.boolean(),
      generated: z.enum(['stored', 'virtual']).nullable(),
      identity: z.enum(['always', 'by default']).nullable(),
    }),
  ),
  indexes: z.array(
    z.looseObject({
      name: text,
      columns: z.array(text.nullable()),
      unique: z.boolean(),
      primary: z.boolean(),
      predicate: text.nullable(),
      method: text,
    }),
  ),
  triggers: texts,
  definition: text.nullable(),
  checks: z.array(z.object({ expression: text, domainOf: text.nullable() })),
  insteadRules: z.array(z.object({ event: z.enum(['DELETE', 'UPDATE']), name: text })),
  storedColumns: z.array(z.object({ name: text, expression: text })),
  indexesOfOtherCollation: texts,
  options: z.array(z.enum(tableOptions)),
  stored: z.array(z.object({ kind: z.enum(['index', 'trigger']), name: text, sql: text })).optional(),
  readBy: texts.optional(),
});

const statistics = z.object({
  schema: text,
  name: text,
  estimatedRows: z.number().nullable(),
  bytes: z.number().nullable(),
});

const keyStatistics = z.object({
  name: text.nullable(),
  child: tableName,
  columns: texts,
  parent: tableName,
  parentColumns: texts,
  median: z.number().nullable(),
  worst: z.number().nullable(),
});

const snapshotFile = z.object({
  version: z.literal(2),
  server: z.object({
    flavor: z.enum(engineNames),
    product: text,
    version: z.array(z.number()),
    settings: z.record(text, text),
  }),
  tables: z.array(table.loose()),
  foreignKeys: z.array(foreignKey.loose()),
  unreadable: text.optional(),
  statistics: z.array(statistics).optional(),
  keyStatistics: z.array(keyStatistics).optional(),
});

/**
 * @param path for the message only
 * @throws OndeleteError SNAPSHOT_INVALID for anything that `ondelete snapshot` did not write
 */
export function parseSnapshot(json: string, path: string): Introspection {
  const parsed = snapshotFile.safeParse(fromVersion1(parseJson(json, path)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a snapshot'}`);
  }
  const { statistics: figures, keyStatistics: children, ...snapshot } = parsed.data;
  return { snapshot, statistics: figures ?? [], keyStatistics: children ?? [] };
}

function parseJson(json: string, path: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw invalid(path, 'it is not JSON');
  }
}

function invalid(path: string, why: string): OndeleteError {
  return new OndeleteError(
    'SNAPSHOT_INVALID',
    `${path} is not a snapshot: ${why}`,
    'Write one with `ondelete snapshot --output FILE`.',
  );
}

/** @param figures statistics, which change with the rows; null to leave them out */
