// What every ORM's adapter has to survive: models that cannot be read end in exit code 2, with nothing on stdout and one line that
// says what is wrong, where, and what to do; no password is printed. Each adapter's test runs it with cases of its own beside these.
import { expect, test } from '@jest/globals';
import type { CliResult } from '../support/cli.ts';

export interface BrokenModels {
  readonly name: string;
  /** What is written before, by file. */
  readonly files?: Readonly<Record<string, string>>;
  /** What `--models` names, where it is not the contract's. */
  readonly models?: string;
  /** What the message has to hold. */
  readonly what: string;
  /** What the help has to hold. */
  readonly help?: string;
}

export interface Contract {
  /** For people: `TypeORM`. */
  readonly title: string;
  /** What `--models` names; null where the ORM finds its models by itself. */
  readonly models: string | null;
  readonly cases: readonly BrokenModels[];
  readonly write: (name: string, text: string) => void;
  /** `ondelete facts --orm …` in the project, with these words behind it. */
  readonly facts: (words: readonly string[]) => Promise<CliResult>;
}

export function survivesBrokenModels(contract: Contract): void {
  test.each(contract.cases)('$name: one line that says where, and what to do', async (broken) => {
    for (const [name, text] of Object.entries(broken.files ?? {})) contract.write(name, text);
    const models = broken.models ?? contract.models;
    const { code, stdout, stderr } = await contract.facts(models === null ? [] : ['--models', models]);
    const [importing, line = '', ...others] = stderr.trimEnd().split('\n');
    expect([code, stdout, others]).toEqual([2, '', []]);
    expect(importing).toContain('this runs the application’s code');
    expect(line).toContain(`ondelete: no ${contract.title} models could be read: `);
    expect(line).toContain(broken.what);
    expect(line).toContain(broken.help ?? '--');
    expect(stderr).not.toContain('hunter22');
  });
}

/**
 * The cases of a module of JavaScript or TypeScript.
 * @param nothing what is said of one that exports nothing of the ORM
 * @param own a source of this ORM's own that is wrong, and what is said of it
 */
export function brokenModules(
  file: string,
  nothing: string,
  own: { readonly name: string; readonly source: string; readonly what: string } | null = null,
): readonly BrokenModels[] {
  const throwing = "const x = 1;\nthrow new Error('no postgres://u:hunter22@h/d');";
  const isTypeScript = file.endsWith('.ts');
  return [
    ['no syntax', isTypeScript ? 'export const = 1;' : 'module.exports = ;', `${file}:1: `],
    ['nothing exported', isTypeScript ? 'export const x = 1;' : 'module.exports = { x: 1 };', nothing],
    ['an error at import', throwing, `${file}:2: no postgres://u:***@h/d`],
    ['an exit', 'process.exit(3);', 'the application called process.exit(3)'],
    ...(own === null ? [] : [[own.name, own.source, own.what] as const]),
  ]
    .map(([name = '', source = '', what = '']): BrokenModels => ({ name, files: { [file]: source }, what }))
    .concat({
      name: 'no such file',
      models: `nowhere/${file}`,
      what: `Cannot find nowhere/${file}`,
      help: 'check the path',
    });
}

/** Without the ORM's package and without a name of models, the message says which it is. */
export async function saysWhatIsMissing(
  bare: { readonly run: (words: readonly string[]) => Promise<CliResult>; remove(): void },
  orm: string,
  {
    unnamed,
    models,
    missing,
  }: { readonly unnamed: string; readonly models: string; readonly missing: string },
): Promise<void> {
  try {
    const without = await bare.run(['facts', '--orm', orm]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining(unnamed)]);
    const read = await bare.run(['facts', '--orm', orm, '--models', models]);
    expect(read.stderr).toContain(`the package ${missing} is not installed here. Call it from the folder`);
  } finally {
    bare.remove();
  }
}
