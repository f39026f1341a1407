/** The commands and the flags that all of them take, as data, and the page that lists them. */
import { command, type Command } from './shared/options.ts';

interface Entry {
  readonly usage: string;
  readonly describe: string;
  load(): Promise<Command>;
}

export const commands: readonly Entry[] = [
  {
    usage: 'init',
    describe: 'Write a config whose policy states what the database does today',
    load: async () => command(await import('./init.ts')),
  },
  {
    usage: 'diff',
    describe: 'Compare the live foreign keys with the policy',
    load: async () => command(await import('./diff.ts')),
  },
  {
    usage: 'generate [name]',
    describe: 'Write up and down migrations that make the database match the policy',
    load: async () => command(await import('./generate.ts')),
  },
  {
    usage: 'reach [table]',
    describe: 'What deleting one row touches, over every path; --where counts on the live rows',
    load: async () => command(await import('./reach.ts')),
  },
  {
    usage: 'report',
    describe: 'Write one page with the picture of the keys, what deletes reach, and the plan',
    load: async () => command(await import('./report.ts')),
  },
  {
    usage: 'verify',
    describe: 'Rehearse the plan on a scratch database: up, deletes, down',
    load: async () => command(await import('./verify.ts')),
  },
  {
    usage: 'snapshot',
    describe: 'Print the foreign keys and their tables as JSON',
    load: async () => command(await import('./snapshot.ts')),
  },
  {
    usage: 'lint',
    describe: 'Findings about the database, the policy and, with --orm, the models',
    load: async () => command(await import('./lint.ts')),
  },
  {
    usage: 'facts',
    describe: 'Print what the models of an application say, as JSON',
    load: async () => command(await import('./facts.ts')),
  },
  {
    usage: 'policy <action>',
    describe: 'policy import: print what the models say as a policy',
    load: async () => command(await import('./policy.ts')),
  },
  {
    usage: 'tools [name]',
    describe: 'The migration tools that files are written for, and how each runs them',
    load: async () => command(await import('./tools.ts')),
  },
  {
    usage: 'explain [code]',
    describe: 'Explain a finding or hazard by its code',
    load: async () => command(await import('./explain.ts')),
  },
];

export const commonFlags = {
  config: {
    type: 'string',
    describe: 'Config file; default: ondelete.config.* found upward',
    requiresArg: true,
  },
  'env-file': {
    type: 'string',
    describe: 'A file of variables, NAME=value, for the config, the connection and the application',
    requiresArg: true,
  },
  quiet: { type: 'boolean', describe: 'Print only results and errors' },
  color: { type: 'boolean', describe: 'Colours; --no-color or NO_COLOR switches them off' },
  debug: { type: 'boolean', describe: 'Print stack traces of errors' },
} as const;

export const exitCodes =
  'Exit codes: 0 matches the policy, or done; 1 does not match, or some changes were left out;\n2 refused, failed, or could not tell.';

const runFiles = '`ondelete generate` writes the migrations, and your migration tool runs them';

/** What `ondelete completion` does. */
export const completion = 'Print a script that completes commands and flags in bash or zsh';

/** Commands of other tools, answered with ours. */
export const aliases: Readonly<Record<string, string>> = {
  plan: 'use `ondelete generate --dry-run`',
  check: 'use `ondelete diff`',
  status: 'use `ondelete diff`',
  push: runFiles,
  apply: runFiles,
  up: runFiles,
  migrate: runFiles,
  down: 'run the down migrations with your migration tool',
  rollback: 'run the down migrations with your migration tool',
};

/** What `ondelete --help` prints: made from the lists above, so that it can be had before the parser is loaded. */
export function helpText(): string {
  const flags: readonly (readonly [string, string])[] = [
    ...Object.entries(commonFlags).map(([name, flag]) => [`--${name}`, flag.describe] as const),
    ['-h, --help', 'This page; `ondelete <command> --help` for the flags of one command'],
    ['-v, --version', 'The version'],
  ];
  return [
    exitCodes,
    '',
    'Usage: ondelete <command> [options]',
    '',
    ...commands.map((entry) => `  ${entry.usage.padEnd(16)} ${entry.describe}`),
    `  ${'completion'.padEnd(16)} ${completion}`,
    '',
    ...flags.map(([name, describe]) => `  ${name.padEnd(16)} ${describe}`),
    '',
    'Begin with: ondelete init -d postgres://localhost/shop   (or a SQLite file)',
  ].join('\n');
}
