// The real Django: Debian 12's 3.2 and unstable's 5.x, each in a folder for PYTHONPATH; and a folder that holds a project.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../support/cli.ts';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { python, pythonPackages, type Suite } from './python-packages.ts';

export interface Django {
  readonly name: string;
  /** What its version begins with. */
  readonly series: string;
  readonly suite: Suite;
}

export const djangos: readonly Django[] = [
  { name: 'Django 3.2', series: '3.2.', suite: 'bookworm' },
  { name: 'Django 5', series: '5.', suite: 'sid' },
];

const packages = [
  'python3-django',
  'python3-asgiref',
  'python3-sqlparse',
  'python3-tz',
  'python3-typing-extensions',
];

export interface DjangoProject {
  readonly folder: string;
  write(name: string, text: string): void;
  read(name: string): string;
  /** What a folder holds, sorted; nothing where it is not there. */
  files(folder: string): readonly string[];
  /** `ondelete` with this Django's Python, in which no driver is installed. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliResult>;
  /** Runs a Python program that may use a database; throws with what it printed when it fails. */
  python(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): void;
}

/** @param fixture a folder of test/orm/fixtures; null for an empty one */
export async function djangoProject({ suite }: Django, fixture: string | null): Promise<DjangoProject> {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-django-'));
  if (fixture !== null) cpSync(join(import.meta.dirname, 'fixtures', fixture), folder, { recursive: true });
  const django = await pythonPackages(suite, packages);
  const driver = await pythonPackages('host', ['python3-psycopg2']);
  const common = { PYTHONDONTWRITEBYTECODE: '1', VIRTUAL_ENV: '' };
  return {
    folder,
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    files: (name) => (existsSync(join(folder, name)) ? readdirSync(join(folder, name)).sort() : []),
    run: (words, env = {}) =>
      ondelete(words, { cwd: folder, env: { ...common, PYTHONPATH: django, ...env } }),
    async python(words, env = {}) {
      const options = { cwd: folder, env: { ...common, PYTHONPATH: `${django}:${driver}`, ...env } };
      const result = await run(python(), words, options);
      if (result.code !== 0)
        throw new Error(`python ${words.join(' ')} ended with ${result.code}:\n${result.stderr}`);
      return result.stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export { python };
