/**
 * Keys on engines that speak PostgreSQL and on which nothing here was ever run: bare statements, each in a transaction of its own, in the
 * order that the engine's documentation and its issues ask for. A key is protected at every moment, by the old key or the new one; one that is
 * NOT VALID stays so.
 */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, Direction, ForeignKey, Statement, Step } from '../../../src/core/model.ts';
import { tableText } from '../../../src/core/names.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { isCitusTable, unprovenEngine, type UnprovenEngine } from '../../../src/core/unproven.ts';
import { addedKey, ddl, nameOf, staysNotValid } from '../key-sql.ts';
import { type DirectedChange, directedChanges } from './directed-change.ts';
import { run } from './step-body.ts';
import { type NameOf, temporaryNames } from './temporary-names.ts';

/** The engine whose way a change has to take; null for PostgreSQL itself. */
export function unprovenEngineOf({ foreignKey }: Change, schema: SchemaIndex): UnprovenEngine | null {
  const ends = [schema.table(foreignKey.child), schema.table(foreignKey.parent)];
  return unprovenEngine(schema.snapshot.server) ?? (ends.some(isCitusTable) ? 'Citus' : null);
}

export function unprovenSteps(changes: readonly Change[], { schema }: EmitContext): readonly Step[] {
  const [first] = changes;
  if (first === undefined) return [];
  const engine = unprovenEngineOf(first, schema);
  if (engine === 'Aurora DSQL') return stepsOfDsql(changes, schema);
  const temporary = temporaryNames(changes, schema, '__od');
  const statementsOf = (change: DirectedChange): readonly Statement[] => {
    if (engine === 'YugabyteDB') return inOneStatement(change, schema);
    return engine === 'Citus' ? inOneTransaction(change, schema) : overlapping(change, schema, temporary);
  };
  const title = 'Change each key by the statements that the engine documents';
  return [step(changes, 'change', title, (one) => statementsOf(one))];
}

function step(
  changes: readonly Change[],
  slug: string,
  title: string,
  of: (change: DirectedChange, direction: Direction) => readonly Statement[],
): Step {
  const body = (direction: Direction): Step['up'] =>
    run(
      directedChanges(changes, direction).flatMap((one) => of(one, direction)),
      [],
    );
  const keys = changes.map(({ foreignKey }) => foreignKey);
  return { slug, title, keys, transaction: null, alone: false, up: body('up'), down: body('down') };
}

/** YugabyteDB runs PostgreSQL’s own ALTER TABLE, and does not roll DDL back with a transaction block. */
function inOneStatement(change: DirectedChange, schema: SchemaIndex): readonly Statement[] {
  const { key } = change;
  const name = nameText(nameOf(key));
  const failed = 'If this fails, the key stays NOT VALID: it holds for all that is written from now on.';
  return [
    statement(
      alter(key, `DROP CONSTRAINT ${name}, ADD CONSTRAINT ${name} ${definition(change, schema)}`),
      about(change),
    ),
    ...restoreComment(key),
    ...validate(key, nameOf(key), failed),
  ];
}

/** Citus refuses ADD CONSTRAINT beside another subcommand. */
function inOneTransaction(change: DirectedChange, schema: SchemaIndex): readonly Statement[] {
  const { key } = change;
  const name = nameText(nameOf(key));
  return [
    statement('BEGIN', about(change)),
    statement(alter(key, `DROP CONSTRAINT ${name}`)),
    statement(alter(key, `ADD CONSTRAINT ${name} ${definition(change, schema)}`)),
    ...restoreComment(key),
    statement('COMMIT'),
    ...validate(key, nameOf(key)),
  ];
}

/** CockroachDB: a dropped name is free only when the drop is done everywhere, so the new key begins under another name. */
function overlapping(change: DirectedChange, schema: SchemaIndex, temporary: NameOf): readonly Statement[] {
  const name = temporary(change.key);
  return [add(change, name, schema), ...validate(change.key, name), ...takeOver(change.key, name)];
}

/**
 * Aurora DSQL validates in a job that goes on when the statement is over. So the old key is dropped in another file, whose first statements
 * fail until the new one is there and validated. A way back that is begun in between finds no key of its own name, and stops too.
 */
function stepsOfDsql(changes: readonly Change[], schema: SchemaIndex): readonly Step[] {
  const names = {
    up: temporaryNames(changes, schema, '__od'),
    down: temporaryNames(changes, schema, '__od_back'),
  };
  const begin = (change: DirectedChange, direction: Direction): readonly Statement[] => {
    const name = names[direction](change.key);
    return [
      add(change, name, schema),
      ...validate(change.key, name, 'This begins a job; sys.jobs says when it is completed.', 'TABLE ASYNC'),
    ];
  };
  const end = (change: DirectedChange, direction: Direction): readonly Statement[] => {
    const name = names[direction](change.key);
    return [stopUnlessReady(change, name), ...takeOver(change.key, name)];
  };
  const either =
    (up: typeof begin, down: typeof begin): typeof begin =>
    (change, direction) =>
      (direction === 'up' ? up : down)(change, direction);
  return [
    {
      ...step(
        changes,
        'add',
        'Add each key under another name, and begin to validate it',
        either(begin, end),
      ),
      waits: true,
    },
    step(changes, 'replace', 'Replace each key, when its other is validated', either(end, begin)),
  ];
}

/** NOT VALID, so that adding it looks at no rows. */
function definition({ key, to }: DirectedChange, schema: SchemaIndex): string {
  return `${addedKey(key, to, schema.table(key.parent))}${key.enforced ? ' NOT VALID' : ''}`;
}

function add(change: DirectedChange, name: string, schema: SchemaIndex): Statement {
  const sql = alter(change.key, `ADD CONSTRAINT ${nameText(name)} ${definition(change, schema)}`);
  return statement(sql, about(change));
}

/** A row without a parent, which a NOT VALID key may have, would stop the file here. */
function validate(key: ForeignKey, name: string, comment = '', form = 'TABLE'): readonly Statement[] {
  if (staysNotValid(key)) return [];
  return [statement(alter(key, `VALIDATE CONSTRAINT ${nameText(name)}`, form), comment)];
}

/** The old key goes, the new one gets its name. */
function takeOver(key: ForeignKey, name: string): readonly Statement[] {
  const own = nameText(nameOf(key));
  return [
    statement(alter(key, `DROP CONSTRAINT ${own}`)),
    statement(alter(key, `RENAME CONSTRAINT ${nameText(name)} TO ${own}`)),
    ...restoreComment(key),
  ];
}

/**
 * The comment goes with the dropped key. https://www.cockroachlabs.com/docs/v22.1/comment-on and
 * https://docs.yugabyte.com/stable/api/ysql/the-sql-language/statements/ddl_comment have ON CONSTRAINT; on the coordinator of Citus it is PostgreSQL’s
 * own. Aurora DSQL lists no COMMENT (working-with-postgresql-compatibility-supported-sql-features), so the checks refuse such a key there.
 */
function restoreComment(key: ForeignKey): readonly Statement[] {
  if (key.comment === null) return [];
  const sql = ddl.sql`COMMENT ON CONSTRAINT ${ddl.id(nameOf(key))} ON ${ddl.table(key.child)} IS ${ddl.literal(key.comment)}`;
  return [statement(ddl.text(sql))];
}

/** There is no block that could raise an error: a text that is no number does, and is printed with it. */
function stopUnlessReady(change: DirectedChange, name: string): Statement {
  const { key } = change;
  const validated = staysNotValid(key) ? '' : ' AND convalidated';
  const trouble = `ondelete: ${name} is not there or not validated yet. Look at sys.jobs, then run this file again; it changed nothing`;
  const sql = ddl.sql`SELECT CAST(CASE count(*) WHEN 1 THEN '1' ELSE ${ddl.literal(trouble)} END AS int) AS ready
  FROM pg_constraint WHERE conrelid = ${ddl.literal(ddl.text(ddl.table(key.child)))}::regclass AND conname = ${ddl.literal(name)}${ddl.raw(validated)}`;
  return { sql: ddl.text(sql), comment: about(change), operations: [] };
}

function alter(key: ForeignKey, what: string, form = 'TABLE'): string {
  return `ALTER ${form} ${ddl.text(ddl.table(key.child))} ${what}`;
}

function nameText(name: string): string {
  return ddl.text(ddl.id(name));
}

function about({ key, to }: DirectedChange): string {
  return `${tableText(key.child)}(${key.columns.join(', ')}): ON DELETE ${to.onDelete}`;
}

function statement(sql: string, comment = ''): Statement {
  const operation = { sql, comment: 'What this locks was not tried on this engine.', locks: [], scans: [] };
  return { sql, comment, operations: [operation] };
}
