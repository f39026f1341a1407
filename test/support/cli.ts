// The built command line as a child process, the way people run it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the running child, for tests that interrupt it. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs `ondelete …` without DATABASE_URL and without colours. @returns exit code and what was printed */
export function ondelete(words: readonly string[], options: CliOptions): Promise<CliResult> {
  return run(process.execPath, [join(ROOT, 'dist/bundle/main.js'), ...words], options);
}

/** Runs Kysely's own Migrator in a process of its own; see kysely-runner.mjs for the words. */
export function kyselyRunner(words: readonly string[], options: CliOptions): Promise<CliResult> {
  return run(process.execPath, [join(ROOT, 'test/support/kysely-runner.mjs'), ...words], options);
}

/** The variables of this process but DATABASE_URL, no colours, and `more`. */
export function environmentFor(more: CliOptions['env'] = {}): Readonly<Record<string, string>> {
  const inherited = Object.entries({ ...process.env, NO_COLOR: '1' }).filter(
    ([name]) => name !== 'DATABASE_URL' && name !== 'FORCE_COLOR',
  );
  return { ...Object.fromEntries(inherited), ...more };
}

/** Runs a program with an input. */
export function run(
  command: string,
  args: readonly string[],
  options: CliOptions & { readonly input?: string },
): Promise<CliResult> {
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: environmentFor(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A client that stops at an error closes its input before all is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
