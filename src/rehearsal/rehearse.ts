/** Rehearses a plan on a scratch database: copy, up, deletes, down, and a comparison with the state before. */
import type { Connection, CopyStatement } from '../core/contracts/connection.ts';
import { schemaIndex, type SchemaIndex } from '../core/schema-index.ts';
import type { Engine } from '../core/contracts/engine.ts';
import type { ScratchDatabase } from '../core/contracts/scratch.ts';
import { codeOf, helpOf, messageOf } from '../core/errors.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { keyText, tableText } from '../core/names.ts';
import type { Change, DeleteClause, ForeignKey, Server, TableName } from '../core/model.ts';
import type { MigrationFile, Template } from '../core/contracts/template.ts';
import type { KeyInFiles } from '../plan/chains.ts';
import { expectedAfterDown, textWithoutOrder, unexpectedChanges } from './expected-state.ts';
import { type KeyProof, resultOf } from './results.ts';
import { runTrials, type Trial } from './trials.ts';
import { notesOn } from './notes.ts';
import { partFor } from './subset.ts';
import type { Refused } from './variations.ts';
import { schemaHash } from './schema-hash.ts';

export interface Rehearsal {
  /** Where it was rehearsed, for people. */
  readonly scratch: string;
  readonly server: Server;
  readonly keys: readonly KeyProof[];
  /** How the scratch database differs from the target: parts that are not copied, version, settings. */
  readonly notes: readonly string[];
  /** What failed for all keys together: the copy, the up files, the down files, another key changed. Empty when proven. */
  readonly failures: readonly string[];
  /** Hashes of all rehearsed keys: `before` holds before up and after down, `after` holds after up. */
  readonly before: string;
  readonly after: string;
}

export interface RehearsalRequest {
  readonly changes: readonly Change[];
  readonly schema: SchemaIndex;
  readonly connection: Connection;
  readonly engine: Engine;
  readonly template: Template;
  /** The up and down files, as they will be in the folder. */
  readonly files: readonly MigrationFile[];
  /** Every key that the files change, including those of `changes`. */
  readonly held: readonly KeyInFiles[];
  /** --allow COLUMN_ORDER: the down files need not bring back the order of the columns. */
  readonly mayMoveColumns: boolean;
  readonly scratchUrl: string | null;
  readonly timeoutMilliseconds: number;
  /** After so many, no more deletes are tried. */
  readonly seconds: number;
  /** Told of scratch databases that an earlier run has left behind. */
  readonly leftBehind: (names: readonly string[]) => void;
  /** The current activity and its progress: `done` of `all`, both 0 where that is unknown; '' at the end. */
  readonly progress: (what: string, done: number, all: number) => void;
  /** Told, once, that all deletes would take so many seconds, which is more than there are. */
  readonly tooLong: (seconds: number) => void;
  /** Does `act` on an interrupt before the returned function is called; `rest` is what remains if that fails. */
  readonly atInterrupt: (rest: string, act: () => Promise<void>) => () => void;
}

/** @throws what opening the scratch database throws; what happens on it is in the result */
export async function rehearse(request: RehearsalRequest): Promise<Rehearsal> {
  const { engine, changes, held, schema, connection } = request;
  const part = schemaIndex(
    partFor(
      [...changes, ...held].map((one) => one.foreignKey),
      schema,
    ),
  );
  request.progress('rehearsal: reading the definitions of the tables', 0, 0);
  const statements = await connection.copySchema(part.snapshot);
  let settled = (): void => undefined;
  const scratch = await (
    await engine.scratch()
  ).open({
    url: request.scratchUrl,
    target: connection,
    server: schema.snapshot.server,
    timeoutMilliseconds: request.timeoutMilliseconds,
    commandLineClient: request.template.runner.commandLineClient,
    onLeftBehind: request.leftBehind,
    onMade: (label, drop) => {
      settled = request.atInterrupt(`the scratch database ${label}`, drop);
    },
  });
  try {
    return await rehearseOn(scratch, part, statements, request);
  } finally {
    request.progress('', 0, 0);
    await scratch.drop();
    settled();
  }
}

/** Corresponding keys have the same place in part, copy and changed copy, because keys are sorted by tables and columns first. */
async function rehearseOn(
  scratch: ScratchDatabase,
  part: SchemaIndex,
  statements: readonly CopyStatement[],
  request: RehearsalRequest,
): Promise<Rehearsal> {
  const { engine, template, progress, changes } = request;
  const notes = [
    ...notesOn(part.snapshot, scratch.server),
    ...(request.mayMoveColumns ? ['the order of columns was not compared: --allow COLUMN_ORDER'] : []),
  ];
  const failures: string[] = [];
  const proofs: Pick<KeyProof, 'change' | 'trials'>[] = [];
  let before = '';
  let after = '';
  let copied = false;
  const introspect = async (): Promise<SchemaIndex> => {
    const scope = { schemas: scratch.schema === null ? null : (name: string) => name === scratch.schema };
    return schemaIndex((await scratch.introspect(scope)).snapshot);
  };
  const run = async (): Promise<void> => {
    notes.push(...(await scratch.building((run) => build(run, statements, progress))));
    const copy = await introspect();
    const different = part.snapshot.foreignKeys.filter(
      (key, index) => !isFaithful(key, part, copy.snapshot.foreignKeys[index], copy),
    );
    if (different.length > 0 || copy.snapshot.foreignKeys.length !== part.snapshot.foreignKeys.length)
      throw new Stopped(`keys of the copy differ from the target: ${different.map(keyText).join('; ')}`);
    before = schemaHash(copy);
    if (template.replay === null) throw new Stopped(`${template.title} cannot run its files here`);
    const replay = await template
      .replay(request.files, {
        flavor: part.snapshot.server.flavor,
        run: (text) => scratch.run(text),
        query: (text, parameters) => scratch.query(text, parameters),
      })
      .catch(stop('the files could not be read'));
    copied = true;
    progress('rehearsal: up', 0, 0);
    await replay.up().catch(stop('the up files failed'));
    const changed = await introspect();
    after = schemaHash(changed);
    const held = new Map(request.held.map((one) => [placeOf(one.foreignKey, part), one]));
    const wanted = new Map(
      [...request.held, ...changes].map((one) => [placeOf(one.foreignKey, part), one.to]),
    );
    failures.push(...unexpectedChanges(copy, changed, wanted, engine));
    proofs.push(...(await tryDeletes(scratch, changed, wanted, part, request)));
    progress('rehearsal: down', 0, 0);
    await replay.down().catch(stop('the down files failed'));
    const back = await introspect();
    const text = request.mayMoveColumns ? textWithoutOrder : JSON.stringify;
    if (text(back.snapshot) !== text(expectedAfterDown(copy.snapshot, changed.snapshot, back, held, engine)))
      failures.push('the down files do not restore the keys and tables');
  };
  await run().catch((error: unknown) => {
    if (codeOf(error) !== stopped) throw error;
    failures.push(messageOf(error));
  });
  return {
    scratch: scratch.label,
    server: scratch.server,
    keys: changes.map((change) => {
      const trials = proofs.find((one) => one.change === change)?.trials ?? [];
      const failed = failures.length === 0 ? null : copied ? 'files' : 'copy';
      return { change, trials, result: resultOf(trials, failed) };
    }),
    notes,
    failures,
    before,
    after,
  };
}

const stopped = 'REHEARSAL_STOPPED';

/** Ends the rehearsal with a failure of all keys. */
class Stopped extends Error {
  readonly code = stopped;
}

function stop(what: string): (error: unknown) => never {
  return (error) => {
    const help = helpOf(error);
    throw new Stopped(`${what}: ${messageOf(error)}${help === '' ? '' : `. ${help}`}`);
  };
}

/** @returns notes on what the copy lacks */
async function build(
  run: ScratchDatabase['run'],
  statements: readonly CopyStatement[],
  progress: RehearsalRequest['progress'],
): Promise<readonly string[]> {
  const lacking: string[] = [];
  for (const [index, { sql, without }] of statements.entries()) {
    progress('rehearsal: creating the tables', index, statements.length);
    await run(sql).catch((error: unknown) => {
      if (without === null) return stop('the copy could not be created')(error);
      lacking.push(`the copy is without ${without}: ${messageOf(error)}`);
    });
  }
  return lacking;
}

function isFaithful(
  key: ForeignKey,
  part: SchemaIndex,
  copied: ForeignKey | undefined,
  copy: SchemaIndex,
): boolean {
  return copied !== undefined && fingerprint(key, part) === fingerprint(copied, copy);
}

/** A half-done key may have its own name in a change and the temporary one in the snapshot. */
function placeOf(key: ForeignKey, part: SchemaIndex): number {
  const exact = part.snapshot.foreignKeys.indexOf(key);
  if (exact >= 0) return exact;
  const temporary = key.halfDone?.temporaryName;
  return part.snapshot.foreignKeys.findIndex(
    (other) => keyText(other) === keyText(key) && other.halfDone?.temporaryName === temporary,
  );
}

async function tryDeletes(
  scratch: ScratchDatabase,
  changed: SchemaIndex,
  wanted: ReadonlyMap<number, DeleteClause>,
  part: SchemaIndex,
  { changes, progress, seconds, tooLong }: RehearsalRequest,
): Promise<readonly Pick<KeyProof, 'change' | 'trials'>[]> {
  const places = new Map(changed.snapshot.foreignKeys.map((key, at) => [key, at]));
  const clauseOf = (key: ForeignKey): DeleteClause => wanted.get(places.get(key) ?? -1) ?? key;
  const schemaName = part.snapshot.server.settings['database'] ?? '';
  const textOf = (table: TableName): string =>
    tableText(table.schema === scratch.schema ? { ...table, schema: schemaName } : table);
  const proofs: Pick<KeyProof, 'change' | 'trials'>[] = [];
  const refused: Refused = new Map();
  const begin = Date.now();
  let isTold = false;
  for (const [index, change] of changes.entries()) {
    progress('rehearsal: deletes', index, changes.length);
    const passed = (Date.now() - begin) / 1000;
    if (index > 0 && passed >= seconds) {
      proofs.push({ change, trials: [timeIsUp(seconds)] });
      continue;
    }
    const expected = (passed * changes.length) / index;
    if (!isTold && passed > secondsToJudge && expected > seconds) {
      isTold = true;
      tooLong(expected);
    }
    const key = changed.snapshot.foreignKeys[placeOf(change.foreignKey, part)];
    const trials = key === undefined ? [] : await runTrials(key, changed, clauseOf, scratch, refused, textOf);
    proofs.push({ change, trials });
  }
  return proofs;
}

/** From then on the time of the other keys is foretold from that of the first. */
const secondsToJudge = 10;

function timeIsUp(seconds: number): Trial {
  const detail = `the time was up: no more deletes are tried after ${seconds} s; give it more with --timeout, or try a part with --only`;
  return { what: 'deletes', verdict: 'not tried', detail };
}
