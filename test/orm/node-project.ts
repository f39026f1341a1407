// A folder that holds an application in JavaScript or TypeScript with the real ORM, and asks ondelete about it.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import typescript from 'typescript';
import { run } from '../support/cli.ts';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import type { DatabaseUnderTest } from '../support/database.ts';
import type { Facts } from '../../src/orm/facts.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
import { nodePackages } from './node-packages.ts';

export interface ModelFinding {
  readonly code: string;
  readonly severity: string;
  readonly subject: string;
  readonly detail: string;
  readonly key: string | null;
  readonly outcomes: DeleteOutcomes | null;
  readonly edits: readonly {
    readonly kind: string;
    readonly text: string;
    readonly target?: string;
    readonly match?: string;
    readonly onDelete?: string;
    readonly set?: Readonly<Record<string, string>>;
  }[];
  readonly position: { readonly file: string; readonly line: number } | null;
}

export interface Project {
  readonly folder: string;
  write(name: string, text: string): void;
  read(name: string): string;
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliResult>;
  /** Runs a program in the folder; throws with what it printed when it fails. */
  node(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): void;
}

/** @param renamed packages under another name: `{ typeorm: 'typeorm-0' }` */
export async function nodeProject(
  packages: string,
  fixture: string | null,
  renamed: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-node-orm-'));
  if (fixture !== null) cpSync(join(import.meta.dirname, 'fixtures', fixture), folder, { recursive: true });
  const modules = join(await nodePackages(packages), 'node_modules');
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(modules).filter((each) => !each.startsWith('.')))
    symlinkSync(join(modules, renamed[name] ?? name), join(folder, 'node_modules', name));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };
  write('package.json', '{}');
  return {
    folder,
    write,
    read: (name) => readFileSync(path(name), 'utf8'),
    run: (words, env = {}) => ondelete(words, { cwd: folder, env }),
    async node(words, env = {}) {
      const result = await run(process.execPath, words, { cwd: folder, env });
      if (result.code !== 0)
        throw new Error(`node ${words.join(' ')} ended with ${result.code}:\n${result.stderr}`);
      return result.stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function factsIn({ stdout, stderr }: CliResult): Facts {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Facts;
}

export function modelFindings({ stdout, stderr }: CliResult): readonly ModelFinding[] {
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { models: { findings: readonly ModelFinding[] } }).models.findings;
}

/** `child(columns) -> parent ACTION` for every key of the database, sorted; NO ACTION is no action. */
export async function liveKeys(database: DatabaseUnderTest): Promise<readonly string[]> {
  const rows = await database.query(database.engine === 'sqlite' ? sqliteKeys : postgresKeys);
  return rows.map(({ key }) => String(key)).sort();
}

/** The same from what was read. */
export function declaredKeys({ foreignKeys }: Facts): readonly string[] {
  return foreignKeys
    .filter(({ constrained }) => constrained)
    .map(
      ({ child, columns, parent, onDelete }) =>
        `${named(child)}(${columns.join(',')}) -> ${named(parent)} ${onDelete ?? 'NO ACTION'}`,
    )
    .sort();
}

const named = ({
  schema,
  name,
}: Facts['tables'][number] | { schema: string | null; name: string }): string =>
  schema === null ? name : `${schema}.${name}`;

const sqliteKeys = `SELECT key FROM (
  SELECT child || '(' || group_concat("from", ',') || ') -> ' || parent || ' ' || on_delete AS key FROM (
    SELECT m.name AS child, k.id, k."table" AS parent, k."from", k.on_delete
    FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table' ORDER BY m.name, k.id, k.seq)
  GROUP BY child, id)`;

const named_ = (alias: string): string =>
  `CASE WHEN ${alias}n.nspname = 'public' THEN '' ELSE ${alias}n.nspname || '.' END || ${alias}.relname`;

const postgresKeys = `SELECT ${named_('c')} || '(' ||
    (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum) || ') -> ' || ${named_('p')} || ' ' ||
    CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
      WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END AS key
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
  WHERE k.contype = 'f'`;

/** What tsc makes of `src`, so that an ORM runs as it does where it is built. */
export function compiled(project: Project): void {
  const options = { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.CommonJS };
  const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true, esModuleInterop: true };
  const source = join(project.folder, 'src');
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((each) =>
    each.endsWith('.ts'),
  )) {
    const { outputText } = typescript.transpileModule(project.read(join('src', name)), {
      compilerOptions: { ...options, ...decorators },
    });
    project.write(join('dist', name.replace(/ts$/, 'js')), outputText);
  }
}
