/**
 * Keys on engines that speak PostgreSQL and on which nothing here was ever run: bare statements, each in a transaction of its own, in the
 * order that the engine's documentation and its issues ask for. A key is protected at every moment, by the old key or the new one.
 */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, Direction, Statement, Step, StepBody } from '../../../src/core/model.ts';
import { tableText } from '../../../src/core/names.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { isCitusTable, unprovenEngine, type UnprovenEngine } from '../../../src/core/unproven.ts';
import { addedKey, ddl, nameOf } from '../key-sql.ts';
import { type DirectedChange, directedChanges } from './directed-change.ts';
import { run } from './step-body.ts';

/** The engine whose way a change has to take; null for PostgreSQL itself. */
export function unprovenEngineOf({ foreignKey }: Change, schema: SchemaIndex): UnprovenEngine | null {
  const ends = [schema.table(foreignKey.child), schema.table(foreignKey.parent)];
  return unprovenEngine(schema.snapshot.server) ?? (ends.some(isCitusTable) ? 'Citus' : null);
}

export function unprovenSteps(changes: readonly Change[], { schema }: EmitContext): readonly Step[] {
  if (changes.length === 0) return [];
  const body = (direction: Direction): StepBody =>
    run(
      changes.flatMap((change) => {
        const engine = unprovenEngineOf(change, schema) ?? 'Citus';
        return directedChanges([change], direction).flatMap((one) => statementsOf(one, engine, schema));
      }),
      [],
    );
  const keys = changes.map(({ foreignKey }) => foreignKey);
  const title = 'Change each key by the statements that the engine documents';
  return [
    { slug: 'change', title, keys, transaction: null, alone: false, up: body('up'), down: body('down') },
  ];
}

function statementsOf(
  { key, to }: DirectedChange,
  engine: UnprovenEngine,
  schema: SchemaIndex,
): readonly Statement[] {
  const name = ddl.text(ddl.id(nameOf(key)));
  const temporary = ddl.text(ddl.id(temporaryName(nameOf(key))));
  const definition = addedKey(key, to, schema.table(key.parent));
  const alter = (what: string, form = 'TABLE'): string =>
    `ALTER ${form} ${ddl.text(ddl.table(key.child))} ${what}`;
  const about = `${tableText(key.child)}(${key.columns.join(', ')}): ON DELETE ${to.onDelete}`;
  const drop = `DROP CONSTRAINT ${name}`;
  const validate = alter(`VALIDATE CONSTRAINT ${name}`);
  switch (engine) {
    // Runs PostgreSQL’s own ALTER TABLE, and does not roll DDL back with a transaction block.
    case 'YugabyteDB':
      return [
        statement(alter(`${drop}, ADD CONSTRAINT ${name} ${definition} NOT VALID`), about),
        statement(
          validate,
          'If this fails, the key stays NOT VALID: it holds for all that is written from now on.',
        ),
      ];
    // Refuses ADD CONSTRAINT beside another subcommand.
    case 'Citus':
      return [
        statement('BEGIN', about),
        statement(alter(drop)),
        statement(alter(`ADD CONSTRAINT ${name} ${definition} NOT VALID`)),
        statement('COMMIT'),
        statement(validate),
      ];
    // A dropped name is free only when the drop is done everywhere, so the new key begins under another name.
    default:
      return [
        statement(alter(`ADD CONSTRAINT ${temporary} ${definition} NOT VALID`), about),
        statement(
          alter(`VALIDATE CONSTRAINT ${temporary}`, engine === 'Aurora DSQL' ? 'TABLE ASYNC' : 'TABLE'),
          engine === 'Aurora DSQL' ? 'Go on when sys.jobs says that this is completed.' : '',
        ),
        statement(alter(drop)),
        statement(alter(`RENAME CONSTRAINT ${temporary} TO ${name}`)),
      ];
  }
}

function statement(sql: string, comment = ''): Statement {
  const operation = { sql, comment: 'What this locks was not tried on this engine.', locks: [], scans: [] };
  return { sql, comment, operations: [operation] };
}

/** Names end at 63 bytes on all of them. */
function temporaryName(name: string): string {
  let kept = name;
  while (Buffer.byteLength(kept) > 58) kept = Array.from(kept).slice(0, -1).join('');
  return `${kept}__od`;
}
