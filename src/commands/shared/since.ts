/** `--since REF`: what a commit range has changed of the policy's file and of the folder of migrations, asked of git. */
import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Diff } from '../../diff/diff.ts';
import { codeOf, OndeleteError } from '../../core/errors.ts';
import { keyText } from '../../core/names.ts';
import type { Finding, Position } from '../../core/model.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Context } from './options.ts';
import type { PolicyDiff } from './compare.ts';
import { folderOf } from './migrations-folder.ts';

export const sinceFlag = {
  since: {
    type: 'string',
    requiresArg: true,
    describe: 'Only rules and migrations that changed since this commit, branch or tag',
  },
} as const;

interface Narrowed {
  readonly diff: Diff;
  /** What --since left out; null where it was not asked for. */
  readonly left: { readonly since: string; readonly changes: number; readonly findings: number } | null;
}

/** The diff without what no change since REF concerns. @throws USAGE where git does not know the commit, or there is no git */
export async function narrowed(
  diff: Diff,
  since: string | null,
  { config, policy }: PolicyDiff,
  context: Context,
): Promise<Narrowed> {
  if (since === null) return { diff, left: null };
  const commit = await commitOf(since, dirname(config.file));
  const lines = await changedLines(config.file, commit);
  const out = await folderOf(config, context).then(
    (folder) => folder.out,
    () => null,
  );
  const migrations = out === null ? [] : await changedFiles(out, commit);
  const touched = (position: Position | null): boolean =>
    position !== null && ruleLines(policy, position).some((line) => lines(line));
  const changes = diff.changes.filter((change) => touched(change.rule.position));
  const kept = new Set(changes.map((change) => keyText(change.foreignKey)));
  const concerns = ({ position, subject }: Finding): boolean =>
    touched(position) || (position === null && (kept.has(subject) || migrations.includes(basename(subject))));
  const findings = diff.findings.filter(concerns);
  return {
    diff: { ...diff, changes, findings },
    left: {
      since,
      changes: diff.changes.length - changes.length,
      findings: diff.findings.length - findings.length,
    },
  };
}

/** The lines of the rule that something stands in: from its first one to the one before the next rule's. */
function ruleLines(policy: Policy, { line }: Position): readonly number[] {
  const starts = [
    policy.defaultPosition,
    ...policy.rules.map((rule) => rule.position),
    ...policy.never.map((rule) => rule.position),
    ...policy.limits.map((rule) => rule.position),
  ]
    .map((position) => position.line)
    .toSorted((a, b) => a - b);
  const first = starts.findLast((start) => start <= line) ?? line;
  const next = starts.find((start) => start > line) ?? Math.max(line, first) + 20;
  return Array.from({ length: Math.max(1, next - first) }, (_, at) => first + at);
}

async function git(words: readonly string[], folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [...words], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
  });
  return stdout;
}

async function commitOf(since: string, folder: string): Promise<string> {
  try {
    return (
      await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${since}^{commit}`], folder)
    ).trim();
  } catch (error) {
    throw codeOf(error) === 'ENOENT'
      ? new OndeleteError(
          'USAGE',
          '--since needs git, and there is none',
          'Install it, or leave --since out.',
        )
      : new OndeleteError(
          'USAGE',
          `--since ${since}: git knows no such commit here`,
          'Name a commit, branch or tag; in CI fetch it first (fetch-depth: 0).',
        );
  }
}

/** Which lines of a file, as it stands in the folder, are new since a commit; all of them where the commit has no such file. */
async function changedLines(file: string, commit: string): Promise<(line: number) => boolean> {
  const folder = dirname(file);
  const known = await git(['cat-file', '-e', `${commit}:./${basename(file)}`], folder).then(
    () => true,
    () => false,
  );
  if (!known) return () => true;
  const words = ['diff', '--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', commit, '--'];
  const text = await git([...words, basename(file)], folder);
  const hunks = [...text.matchAll(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm)].map((match) => {
    const first = Number(match[1]);
    // Lines that are only gone stood behind the line that is named.
    return [first, first + Math.max(1, Number(match[2] ?? 1)) - 1] as const;
  });
  return (line) => hunks.some(([first, last]) => line >= first && line <= last);
}

/** Names of the files of a folder that differ from a commit, those that git does not know yet among them. */
async function changedFiles(folder: string, commit: string): Promise<readonly string[]> {
  const ask = (words: readonly string[]): Promise<string> => git([...words, '.'], folder).catch(() => '');
  const names = [
    await ask(['diff', '--name-only', '--no-ext-diff', '--relative', '-z', commit, '--']),
    await ask(['ls-files', '--others', '--exclude-standard', '-z', '--']),
  ];
  return names
    .flatMap((text) => text.split('\0'))
    .filter((name) => name !== '')
    .map((name) => basename(name));
}
