// Keys, snapshots and changes for tests of pure functions: only what a test says differs from the plainest case.
import type { Change, DeleteClause, ForeignKey, Snapshot, Table } from '../../src/core/model.ts';

export function foreignKey(differing: Partial<ForeignKey> = {}): ForeignKey {
  return {
    name: 'order_items_order_id_fkey',
    child: { schema: 'public', name: 'order_items' },
    columns: ['order_id'],
    parent: { schema: 'public', name: 'orders' },
    parentColumns: ['id'],
    parentColumnsImplied: false,
    onDelete: 'NO ACTION',
    onDeleteColumns: null,
    onUpdate: 'NO ACTION',
    match: 'SIMPLE',
    deferrability: 'NOT DEFERRABLE',
    validated: true,
    enforced: true,
    period: false,
    comment: null,
    referencedIndex: 'orders_pkey',
    recreatedIndex: 'orders_pkey',
    triggers: [],
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: null,
    ...differing,
  };
}

export function table(name: string, columns: readonly string[], differing: Partial<Table> = {}): Table {
  return {
    schema: 'public',
    name,
    engine: null,
    partitioned: false,
    columns: columns.map((column) => ({
      name: column,
      type: 'integer',
      nullable: column !== 'id',
      hasDefault: false,
      generated: null,
      identity: null,
    })),
    indexes: [],
    triggers: [],
    definition: null,
    notes: [],
    ...differing,
  };
}

export function snapshot(keys: readonly ForeignKey[], tables: readonly Table[] = []): Snapshot {
  return {
    version: 1,
    server: { flavor: 'postgres', product: 'PostgreSQL 14.0', version: [14, 0], settings: {} },
    tables,
    foreignKeys: keys,
  };
}

export function clause(onDelete: DeleteClause['onDelete']): DeleteClause {
  return { onDelete, onDeleteColumns: null };
}

export function change(to: DeleteClause['onDelete'], key: ForeignKey = foreignKey()): Change {
  return {
    kind: 'change-on-delete',
    foreignKey: key,
    from: { onDelete: key.onDelete, onDeleteColumns: key.onDeleteColumns },
    to: clause(to),
    rule: {
      match: 'order_items -> orders',
      reason: 'a line item is part of its order',
      position: { file: 'ondelete.config.yaml', line: 3, column: 7 },
    },
  };
}
