/**
 * Files of SQL as models: read, checked, loaded into a scratch database of the same engine, and read back from its catalog.
 * Nothing is sent before every statement of every file has been looked at, and the database to be changed is never touched.
 */
import type { Connection } from '../../core/contracts/connection.ts';
import type { Engine } from '../../core/contracts/engine.ts';
import type { ScratchDatabase, ScratchRequest } from '../../core/contracts/scratch.ts';
import type { SchemaStatement } from '../../core/contracts/sql-reader.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Server, Snapshot } from '../../core/model.ts';
import type { Facts } from '../facts.ts';
import { factsOf } from './facts.ts';
import { keysIn } from './places.ts';

export interface SchemaText {
  /** For people and for places, as the user may open it. */
  readonly file: string;
  readonly text: string;
}

interface LoadRequest {
  /** In this order, into one database. */
  readonly files: readonly SchemaText[];
  readonly engine: Engine;
  /** The live server, whose kind and version count; null where there is none. */
  readonly live: Server | null;
  readonly target: Connection | null;
  readonly scratchUrl: string | null;
  readonly timeoutMilliseconds: number;
  readonly atInterrupt: (rest: string, act: () => Promise<void>) => () => void;
  readonly progress: (what: string, done: number, all: number) => void;
}

interface Placed extends SchemaStatement {
  readonly file: string;
}

/** @throws MODELS_UNREADABLE for a file that cannot be loaded, with its line; and what opening the scratch database throws */
export async function loadSchema(request: LoadRequest): Promise<Facts> {
  const { files, engine, live } = request;
  const reader = await engine.schemaReader();
  const read = files.map(({ file, text }) => ({ file, ...reader.read(text, live) }));
  const statements: readonly Placed[] = read.flatMap((one) =>
    one.statements.map((statement) => ({ ...statement, file: one.file })),
  );
  const source = files.map(({ file }) => file).join(', ');
  refuse(statements, reader.help);
  if (!statements.some(makesTable)) {
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${source} makes no table`,
      'Name a file of CREATE TABLE statements in the SQL of this engine.',
    );
  }
  const { snapshot, without } = await loaded(
    { ...request, extensions: read.flatMap((one) => one.extensions), session: reader.session, statements },
    live?.product ?? engine.flavor,
  );
  const left = [...without, ...leftOut(statements)];
  const declared = statements.flatMap((one) => (one.treatment.kind === 'load' ? keysIn(one, one.file) : []));
  return factsOf(
    {
      source,
      snapshot,
      declared,
      namesSchemas: declared.some((key) => key.child.schema !== null) || statements.some(choosesSchema),
      notes: left.length === 0 ? [] : [`left out of ${source}, as no key hangs on it: ${left.join(', ')}`],
    },
    engine,
    live,
  );
}

function refuse(statements: readonly Placed[], help: string): void {
  const refused = statements.flatMap((one) =>
    one.treatment.kind === 'refuse' ? [{ ...one, why: one.treatment.why }] : [],
  );
  const [first] = refused;
  if (first === undefined) return;
  const others = refused.length === 1 ? '' : ` (and ${refused.length - 1} more statements like it)`;
  throw new OndeleteError(
    'MODELS_UNREADABLE',
    `${first.file}:${first.line}: ${headOf(first)} is refused, because ${first.why}${others}; nothing of the file was run`,
    help,
  );
}

/** The first words, without names and texts, which may be secrets. */
function headOf({ tokens }: SchemaStatement): string {
  const words = tokens.slice(0, 2).map((token) => (token.kind === 'word' ? token.value.toUpperCase() : null));
  const end = words.indexOf(null);
  const head = (end === -1 ? words : words.slice(0, end)).join(' ');
  return head === '' ? 'this line' : `\`${head} …\``;
}

function makesTable({ tokens, treatment }: SchemaStatement): boolean {
  return (
    treatment.kind === 'load' &&
    tokens[0]?.value.toUpperCase() === 'CREATE' &&
    tokens.slice(1, 4).some((token) => token.kind === 'word' && token.value.toUpperCase() === 'TABLE')
  );
}

function choosesSchema({ tokens, treatment }: SchemaStatement): boolean {
  const isPath = tokens.slice(0, 3).some((token) => token.value.toUpperCase() === 'SEARCH_PATH');
  return treatment.kind === 'load' && isPath && tokens[0]?.value.toUpperCase() === 'SET';
}

/** `12 comments`, `3 views`; the extension or the like that is one of its kind without a number. */
function leftOut(statements: readonly Placed[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { treatment } of statements) {
    if (treatment.kind !== 'leave out' || treatment.what === null) continue;
    counts.set(treatment.what, (counts.get(treatment.what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => (what.startsWith('the ') ? what : `${what} (${count})`));
}

interface Load extends LoadRequest {
  readonly extensions: readonly string[];
  readonly session: readonly string[];
  readonly statements: readonly Placed[];
}

async function loaded(
  load: Load,
  product: string,
): Promise<{ readonly snapshot: Snapshot; readonly without: readonly string[] }> {
  const maker = await load.engine.scratch();
  let settled = (): void => undefined;
  const onMade: ScratchRequest['onMade'] = (label, drop) => {
    settled = load.atInterrupt(`the scratch database ${label}`, drop);
  };
  const scratch = await maker.open({
    url: load.scratchUrl,
    target: load.target,
    server: { flavor: load.engine.flavor, product, settings: {} },
    timeoutMilliseconds: load.timeoutMilliseconds,
    commandLineClient: false,
    oneByOne: true,
    extensions: load.extensions,
    onMade,
  });
  try {
    const without = await run(scratch, load);
    const scope = { schemas: scratch.schema === null ? null : (name: string) => name === scratch.schema };
    const { snapshot } = await scratch.introspect(scope);
    return { snapshot, without };
  } finally {
    load.progress('', 0, 0);
    await scratch.drop();
    settled();
  }
}

/** @returns what could not be made and is not needed */
async function run(scratch: ScratchDatabase, load: Load): Promise<readonly string[]> {
  for (const sql of load.session) await scratch.query(sql);
  const without = new Set<string>();
  for (const [index, statement] of load.statements.entries()) {
    const { treatment } = statement;
    if (treatment.kind !== 'load') continue;
    if (index % 50 === 0) load.progress('loading the schema', index, load.statements.length);
    try {
      await scratch.query(treatment.sql);
    } catch (error) {
      if (!isOfStatement(error)) throw error;
      if (!treatment.optional) throw failed(error, statement, [...without], load, scratch);
      if (treatment.without !== null) without.add(treatment.without);
    }
  }
  return [...without];
}

/** Not of the connection, of the user's rights, or of the program. */
function isOfStatement(error: unknown): boolean {
  return !/^(?:UNREACHABLE|AUTHENTICATION_FAILED|INTERNAL|INTERRUPTED|E[A-Z]+)$/.test(codeOf(error));
}

function failed(
  error: unknown,
  statement: Placed,
  without: readonly string[],
  { scratchUrl, engine, statements }: Load,
  scratch: ScratchDatabase,
): OndeleteError {
  const extensions = [
    ...without.filter((what) => what.startsWith('the extension ')),
    ...statements.flatMap(({ treatment }) =>
      treatment.kind === 'leave out' && treatment.what?.startsWith('the extension ') ? [treatment.what] : [],
    ),
  ];
  const lacking = extensions.length === 0 ? '' : `; it is without ${[...new Set(extensions)].join(', ')}`;
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `${statement.file}:${lineOf(error, statement)}: ${messageOf(error)} (on ${scratch.label}${lacking})`,
    scratchUrl === null && engine.flavor === 'postgres'
      ? 'Name a server that has what the file needs with --scratch postgres://…, or correct the file.'
      : 'Correct the file, or name a scratch server that has what it needs.',
  );
}

/** PostgreSQL says at which character. */
function lineOf(error: unknown, { line, treatment }: Placed): number {
  if (treatment.kind !== 'load' || typeof error !== 'object' || error === null || !('position' in error))
    return line;
  const before = treatment.sql.slice(0, Math.max(0, Number(error.position) - 1));
  return line + (before.split('\n').length - 1);
}
