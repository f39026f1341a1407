// What the truth table does with its models: writes them out, deletes in them, lints them, and mends them as the findings say.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import type { DatabaseUnderTest } from '../support/database.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
import { python, runPython, type SqlAlchemy } from './sqlalchemy.ts';
import { edited, type Model, type ModelEdit, pythonOf } from './truth.ts';

export interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly subject: string;
  readonly outcomes: DeleteOutcomes | null;
  readonly edits: readonly (ModelEdit & { readonly match: string; readonly onDelete: string })[];
  readonly position: { readonly file: string; readonly line: number } | null;
  readonly detail: string;
}
export interface Outcome extends DeleteOutcomes {
  readonly raw: string;
  readonly child: string;
  readonly removed: string | null;
}
const deletes = join(import.meta.dirname, 'deletes.py');

export interface Work {
  readonly version: SqlAlchemy;
  readonly env: Readonly<Record<string, string>>;
  readonly database: DatabaseUnderTest;
  readonly folder: string;
}

/** Writes the models out and deletes in all of them. */
export async function deleted(
  work: Work,
  all: readonly Model[],
  create: boolean,
  pragma = true,
): Promise<ReadonlyMap<string, Outcome>> {
  writeFileSync(join(work.folder, 'models.py'), pythonOf(all, pragma));
  const { url, engine } = work.database;
  const theirs =
    engine === 'sqlite' ? `sqlite:///${url}` : url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
  const { stdout } = await runPython([deletes, theirs, ...(create ? ['create'] : [])], {
    cwd: work.folder,
    env: work.env,
  });
  const result = JSON.parse(stdout) as { version: string; outcomes: Record<string, Outcome> };
  expect(result.version.startsWith(work.version.series)).toBe(true);
  return new Map(Object.entries(result.outcomes));
}

export async function linted(work: Work): Promise<readonly Finding[]> {
  const result = await cli(work, [
    'lint',
    ...['--orm', 'sqlalchemy', '--models', 'models', '--python', python()],
    ...['--format', 'json', '--time-limit', '100'],
  ]);
  expect(result.stderr).toContain(`Importing models with ${python()}: this runs the application’s code.\n`);
  return (JSON.parse(result.stdout) as { models: { findings: readonly Finding[] } }).models.findings;
}

function cli(work: Work, words: readonly string[]): Promise<CliResult> {
  return ondelete([...words, '--database', work.database.url], { cwd: work.folder, env: work.env });
}

export function mend(model: Model, findings: readonly Finding[]): Model {
  const edits = findings.flatMap(({ edits }) => edits.filter(({ kind }) => kind === 'model'));
  const unique = [
    ...new Map(edits.map((edit) => [JSON.stringify([edit.target, edit.set, edit.remove]), edit])).values(),
  ];
  return unique.reduce(edited, model);
}

/** The database's part of the edits, as a policy; then our own migration, run by the engine's own client. */
export async function migrate(work: Work, findings: readonly Finding[]): Promise<void> {
  const edits = findings.flatMap(({ edits }) => edits.filter(({ kind }) => kind === 'database'));
  const rules = new Map(edits.map(({ match, onDelete }) => [match, onDelete]));
  const text = [...rules].map(
    ([match, onDelete]) => `    - match: '${match}'\n      onDelete: ${onDelete}\n`,
  );
  writeFileSync(
    join(work.folder, 'ondelete.config.yaml'),
    `policy:\n  default: keep\n  rules:\n${text.join('')}`,
  );
  const generated = await cli(work, ['generate']);
  expect(generated).toMatchObject({ code: 0 });
  const out = join(work.folder, 'migrations');
  // a hundred small transactions need not reach the disk
  const before = work.database.engine === 'sqlite' ? 'PRAGMA synchronous=OFF;\n' : '';
  for (const file of readdirSync(out)
    .sort()
    .filter((name) => name.endsWith('.up.sql'))) {
    const { code, stderr } = await work.database.client(before + readFileSync(join(out, file), 'utf8'));
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
  rmSync(join(work.folder, 'ondelete.config.yaml'));
}
