/** The words of the command line, as data: the commands, the flags that all of them take, and the page that lists them. */
import type { Command } from './shared/options.ts';

interface Entry {
  readonly usage: string;
  readonly describe: string;
  load(): Promise<Command>;
}

export const commands: readonly Entry[] = [
  {
    usage: 'init',
    describe: 'Write a config whose policy states what the database does today',
    load: async () => (await import('./init.ts')).init,
  },
  {
    usage: 'diff',
    describe: 'Compare the live foreign keys with the policy',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  {
    usage: 'generate [name]',
    describe: 'Write up and down migrations that bring the database into policy',
    load: async () => (await import('./generate.ts')).generate,
  },
  {
    usage: 'reach [table]',
    describe: 'What deleting one row touches, over every path; --where counts on the live rows',
    load: async () => (await import('./reach.ts')).reachCommand,
  },
  {
    usage: 'report',
    describe: 'Write one page with the picture of the keys, what deletes reach, and the plan',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  {
    usage: 'verify',
    describe: 'Rehearse the plan on a scratch database: up, deletes, down',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    usage: 'snapshot',
    describe: 'Print the foreign keys and their tables as JSON',
    load: async () => (await import('./snapshot.ts')).snapshotCommand,
  },
  {
    usage: 'lint',
    describe: 'Findings about the database, the policy and, with --orm, the models',
    load: async () => (await import('./lint.ts')).lint,
  },
  {
    usage: 'facts',
    describe: 'Print what the models of an application say, as JSON',
    load: async () => (await import('./facts.ts')).factsCommand,
  },
  {
    usage: 'policy <action>',
    describe: 'policy import: print what the models say as a policy',
    load: async () => (await import('./policy.ts')).policyCommand,
  },
  {
    usage: 'explain [code]',
    describe: 'Explain a finding or hazard by its code',
    load: async () => (await import('./explain.ts')).explain,
  },
];

export const commonFlags = {
  config: {
    type: 'string',
    describe: 'Config file; default: ondelete.config.* found upward',
    requiresArg: true,
  },
  quiet: { type: 'boolean', describe: 'No talk on stderr' },
  color: { type: 'boolean', describe: 'Colours; --no-color or NO_COLOR switches them off' },
  debug: { type: 'boolean', describe: 'Stack traces' },
} as const;

export const exitCodes =
  'Exit codes: 0 in policy or done; 1 not in policy, or some left out; 2 could not tell,\nrefused, or failed.';

/** Words of other tools, answered with ours. */
export const aliases: Readonly<Record<string, string>> = {
  plan: 'generate --dry-run',
  check: 'diff',
  status: 'diff',
  push: 'generate, then run the files with your migration tool',
  apply: 'generate, then run the files with your migration tool',
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
    ...commands.map((command) => `  ${command.usage.padEnd(16)} ${command.describe}`),
    '',
    ...flags.map(([name, describe]) => `  ${name.padEnd(16)} ${describe}`),
    '',
    'Begin with: ondelete init -d postgres://localhost/shop   (or a SQLite file)',
  ].join('\n');
}
