// The real SQLAlchemy: Debian 12's 1.4 and unstable's 2.x, each in a folder for PYTHONPATH.
import { python, pythonPackages, type Suite } from './python-packages.ts';
import { type CliResult, run } from '../support/cli.ts';

export interface SqlAlchemy {
  readonly name: string;
  /** What its version begins with. */
  readonly series: string;
  readonly suite: Suite;
}

export const sqlalchemies: readonly SqlAlchemy[] = [
  { name: 'SQLAlchemy 1.4', series: '1.4.', suite: 'bookworm' },
  { name: 'SQLAlchemy 2', series: '2.', suite: 'sid' },
];

const packages = [
  'python3-sqlalchemy',
  'python3-typing-extensions',
  'python3-alembic',
  'python3-mako',
  'python3-markupsafe',
];

/** The environment in which `python` has this SQLAlchemy, and Debian's psycopg2 when asked for. */
export async function environmentOf(
  { suite }: SqlAlchemy,
  options: { readonly psycopg2?: boolean } = {},
): Promise<Readonly<Record<string, string>>> {
  const folders = [await pythonPackages(suite, packages)];
  if (options.psycopg2 === true) folders.push(await pythonPackages('host', ['python3-psycopg2']));
  return { PYTHONPATH: folders.join(':'), PYTHONDONTWRITEBYTECODE: '1', VIRTUAL_ENV: '' };
}

/** Runs a Python program to its end; throws with what it printed when it fails. */
export async function runPython(
  words: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input?: string },
): Promise<CliResult> {
  const result = await run(python(), words, options);
  if (result.code !== 0)
    throw new Error(`python ${words.join(' ')} ended with ${result.code}:\n${result.stderr}`);
  return result;
}

export { python };
