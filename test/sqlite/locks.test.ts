// SQLite locks the file as a whole and shows no lock to anybody. So the locks that statements declare are compared, after each statement,
// with what another connection can still do; and EXCLUSIVE, which a commit takes, with a commit that a reader stands in the way of.
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { codeOf } from '../../src/core/errors.ts';
import type { Lock, Statement, Step } from '../../src/core/model.ts';
import { on } from './shop.ts';
import { type Scratch, stepsFor, storedTexts } from './closed-loop.ts';

const schema = (journal: string): string => `PRAGMA journal_mode = ${journal};
  CREATE TABLE p(id INTEGER PRIMARY KEY);
  CREATE TABLE c(id INTEGER PRIMARY KEY, pid INT REFERENCES p(id));
  CREATE TABLE d(id INTEGER PRIMARY KEY, pid INT REFERENCES p(id), cid INT REFERENCES c(id));
  CREATE TABLE noted(what TEXT);
  INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, NULL);`;

type Blocks = Lock['blocks'];

/** Somebody with the file open, who waits for nothing. */
class Other {
  readonly #database: Database.Database;
  constructor(file: string) {
    this.#database = new Database(file, { timeout: 0 });
  }

  /** What it cannot do now, by trial. */
  blocked(): Blocks {
    if (this.#refused('SELECT count(*) FROM p')) return 'reads and writes';
    if (this.#refused("INSERT INTO noted VALUES ('here')")) return 'writes';
    if (this.#refused('CREATE TABLE new_one(x); DROP TABLE new_one')) return 'schema changes';
    return 'nothing';
  }

  /** Begins to read, until it is told to end. */
  read(): () => void {
    this.#database.exec('BEGIN; SELECT count(*) FROM p');
    return () => this.#database.exec('COMMIT');
  }

  close(): void {
    this.#database.close();
  }

  #refused(sql: string): boolean {
    try {
      this.#database.exec(sql);
      return false;
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_BUSY') throw error;
      return true;
    }
  }
}

interface Party {
  readonly database: Scratch;
  readonly worker: Database.Database;
  readonly other: Other;
  readonly reader: Other;
}

async function together(journal: string, work: (party: Party) => Promise<void>): Promise<void> {
  await on(schema(journal), async (database) => {
    const worker = new Database(database.file, { timeout: 0 }).unsafeMode();
    const other = new Other(database.file);
    const reader = new Other(database.file);
    try {
      await work({ database, worker, other, reader });
    } finally {
      for (const one of [worker, other, reader]) one.close();
    }
  });
}

const order: readonly Blocks[] = ['nothing', 'schema changes', 'writes', 'reads and writes'];
/** What a statement's own locks block. */
const blocksOf = ({ operations }: Statement): Blocks =>
  operations
    .flatMap(({ locks }) => locks)
    .reduce<Blocks>(
      (most, { blocks }) => (order.indexOf(blocks) > order.indexOf(most) ? blocks : most),
      'nothing',
    );
const modesOf = (statements: readonly Statement[]): readonly string[] =>
  [
    ...new Set(
      statements.flatMap(({ operations }) =>
        operations.flatMap(({ locks }) => locks).map(({ mode, blocks }) => `${mode} blocks ${blocks}`),
      ),
    ),
  ].sort();

function statementsOf(step: Step | undefined, direction: 'up' | 'down'): readonly Statement[] {
  const side = step?.[direction];
  if (side?.kind !== 'run') throw new Error('nothing to run');
  return side.statements;
}

/** Runs what ends the transaction while somebody reads. @returns what that blocks for all others, until the reader is gone */
function commitBehindReader(sql: string, { worker, other, reader }: Party): Blocks {
  const end = reader.read();
  let waits = false;
  try {
    worker.exec(sql);
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_BUSY') throw error;
    waits = true;
  }
  const blocked = other.blocked();
  end();
  if (waits) worker.exec(sql);
  return waits ? blocked : 'nothing';
}

describe.each(['DELETE', 'WAL'])('journal_mode %s', (journal) => {
  const wal = journal === 'WAL';

  test('counting lets others do what its lock declares', async () => {
    await together(journal, async ({ database, worker, other }) => {
      const [check] = await stepsFor(database.file, 'CASCADE');
      const statements = statementsOf(check, 'up');
      expect(modesOf(statements)).toEqual([wal ? 'SHARED blocks nothing' : 'SHARED blocks writes']);
      for (const statement of statements) {
        // Not read to its end yet, so it holds what it holds while it runs.
        const rows = worker.prepare(statement.sql).iterate();
        rows.next();
        expect(other.blocked()).toBe(blocksOf(statement));
        rows.return?.();
        expect(other.blocked()).toBe('nothing');
      }
    });
  });

  test.each(['up', 'down'] as const)(
    '%s: from statement to statement others can do what is declared',
    async (direction) => {
      await together(journal, async (party) => {
        const { database, worker, other } = party;
        const [, edit] = await stepsFor(database.file, 'CASCADE');
        if (direction === 'down') for (const { sql } of statementsOf(edit, 'up')) worker.exec(sql);
        const before = storedTexts(database);
        const statements = statementsOf(edit, direction);
        // Without the transaction's own BEGIN IMMEDIATE each lock is taken by the statement that declares it.
        const last = statements.at(-1);
        if (last === undefined) throw new Error('no statement');
        let declared: Blocks = 'nothing';
        const found: string[] = [];
        const expected: string[] = [];
        for (const statement of statements.slice(0, -1)) {
          worker.exec(statement.sql);
          if (blocksOf(statement) !== 'nothing') declared = blocksOf(statement);
          expected.push(`${statement.comment}: ${declared}`);
          found.push(`${statement.comment}: ${other.blocked()}`);
        }
        expect(found).toEqual(expected);
        expect(commitBehindReader(last.sql, party)).toBe(blocksOf(last));
        expect(other.blocked()).toBe('nothing');
        expect(modesOf(statements)).toEqual(
          wal ? ['RESERVED blocks writes'] : ['EXCLUSIVE blocks reads and writes', 'RESERVED blocks writes'],
        );
        expect(storedTexts(database)).not.toEqual(before);
      });
    },
  );

  test('in the transaction of the step the first lock comes with BEGIN and the last with COMMIT', async () => {
    await together(journal, async (party) => {
      const { database, worker, other } = party;
      const [, edit] = await stepsFor(database.file, 'CASCADE');
      const { begin = '', commit = '' } = edit?.transaction ?? {};
      const statements = statementsOf(edit, 'up');
      worker.exec(begin);
      for (const statement of statements) {
        worker.exec(statement.sql);
        expect(`${statement.comment}: ${other.blocked()}`).toBe(`${statement.comment}: writes`);
      }
      const last = statements.at(-1);
      expect(commitBehindReader(commit, party)).toBe(last === undefined ? '' : blocksOf(last));
    });
  });
});
