// What the tests of `ondelete verify` share: a shop on every engine with files to rehearse, and the check that nothing is left behind.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from '@jest/globals';
import { type CliOptions, type CliResult, ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, type Engine, enginesUnderTest } from '../support/database.ts';
import { leftBehind } from '../support/left-behind.ts';
import { shopPolicy, shopSql } from './shop.ts';

export interface Report {
  readonly scratch: string;
  readonly failures: readonly string[];
  readonly keys: readonly {
    readonly key: string;
    readonly proven: boolean;
    readonly trials: readonly { readonly what: string; readonly verdict: string; readonly detail: string }[];
  }[];
  readonly notRehearsed: readonly { readonly why: string }[];
}

export interface Rehearsal {
  readonly engine: Engine;
  /** `postgres-14`. */
  readonly id: string;
  /** The target, and the folder with the configuration; new for each test. */
  readonly database: () => DatabaseUnderTest;
  readonly folder: () => string;
  readonly call: (words: readonly string[], options?: Partial<CliOptions>) => Promise<CliResult>;
  /** The words that name the scratch server. */
  readonly scratch: () => readonly string[];
  /** What `verify` says as JSON, and its exit code. */
  readonly report: (words: readonly string[]) => Promise<readonly [number | null, Report]>;
  /** Scratch databases that are there now, of whoever. */
  readonly leftovers: () => Promise<readonly unknown[]>;
  /** The names of the files, and the text of the up file. */
  readonly folderOf: () => readonly string[];
  readonly readUp: (out?: string) => string;
}

/** Declares the suite once per engine. */
export function onEveryEngine(suite: (rehearsal: Rehearsal) => void): void {
  describe.each(enginesUnderTest())('$id', (under) => {
    const { engine } = under;
    let database: DatabaseUnderTest;
    let folder: string;
    beforeEach(async () => {
      database = await under.open();
      folder = mkdtempSync(join(tmpdir(), 'ondelete-verify-'));
      mkdirSync(join(folder, 'migrations'));
      expect(await database.client(shopSql(engine))).toMatchObject({ code: 0 });
      writeFileSync(join(folder, 'ondelete.config.yaml'), shopPolicy);
    });
    afterEach(async () => {
      expect(await leftBehind(database)).toEqual([]);
      rmSync(folder, { recursive: true, force: true });
      await database.drop();
    });

    const call = (words: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> =>
      ondelete([...words, '-d', database.url], { cwd: folder, ...options });
    /** The server of the test itself; another database of it is named, because the target may not be the scratch. */
    const scratch = (): readonly string[] => {
      if (engine === 'sqlite') return [];
      const url = new URL(database.url);
      url.pathname = engine === 'postgres' ? '/postgres' : '/';
      return ['--scratch', url.href];
    };
    const report = async (words: readonly string[]): Promise<readonly [number | null, Report]> => {
      const result = await call(['verify', '--format', 'json', ...words]);
      expect([result.stderr, result.stdout.slice(0, 1)]).toEqual(['', '{']);
      return [result.code, JSON.parse(result.stdout) as Report];
    };
    /** Scratch databases that are still there. */
    async function leftovers(): Promise<readonly unknown[]> {
      if (engine === 'sqlite') return [];
      return database.query(
        engine === 'postgres'
          ? `SELECT datname FROM pg_database WHERE datname LIKE 'ondelete_scratch%'`
          : `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'`,
      );
    }
    const folderOf = (): readonly string[] => readdirSync(join(folder, 'migrations'));
    const readUp = (out = 'migrations'): string => {
      const name = readdirSync(join(folder, out)).find((file) => file.endsWith('.up.sql'));
      return readFileSync(join(folder, out, name ?? ''), 'utf8');
    };
    suite({
      engine,
      id: under.id,
      database: () => database,
      folder: () => folder,
      call,
      scratch,
      report,
      leftovers,
      folderOf,
      readUp,
    });
  });
}
