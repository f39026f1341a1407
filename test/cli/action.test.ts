// action.yml: its steps are run as they stand, with a `gh` that writes down what it is asked.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}

const root = join(import.meta.dirname, '../..');
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const [report, comment, fail] = action.runs.steps;

let place: Project;
beforeEach(() => {
  place = openProject();
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
  const npx = join(root, 'test/support/npx.mjs');
  program('npx', `[ "$1" = --yes ] && shift; exec ${process.execPath} ${npx} "\${1%@*}" "\${@:2}"`);
  program(
    'gh',
    `echo "$*" >> "${place.path('asked.txt')}"; case "$*" in *--paginate*) cat "${place.path('comments.txt')}";; esac`,
  );
  place.write('comments.txt', '');
});
afterEach(() => place.remove());

function program(name: string, text: string): void {
  place.write(`bin/${name}`, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(place.path(`bin/${name}`), 0o755);
}

/** Runs a step as a runner would: `${{ … }}` are put in first, and bash stops at the first error. */
function runStep(step: Step | undefined, inputs: Readonly<Record<string, string>> = {}) {
  if (step === undefined) throw new Error('no such step');
  const known: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, inputs[name] ?? input.default]),
    ),
    'github.event.pull_request.number': '7',
  };
  const filled = (text: string): string =>
    text.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => {
      const value = known[name];
      if (value === undefined) throw new Error(`nothing for ${name}`);
      return value;
    });
  // An expression inside a script would let what it stands for run as a command.
  expect(step.run).not.toContain('${{');
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run],
    {
      cwd: place.folder,
      encoding: 'utf8',
      env: {
        PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}`,
        RUNNER_TEMP: place.folder,
        GITHUB_STEP_SUMMARY: place.path('summary.md'),
        GITHUB_OUTPUT: place.path('output.txt'),
        GITHUB_REPOSITORY: 'a/b',
        ...Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, filled(value)])),
      },
    },
  );
  return { status, stdout, stderr };
}

const read = (name: string): string => readFileSync(place.path(name), 'utf8');

test('a policy that differs is reported, commented on once, and fails the job', () => {
  expect(runStep(report)).toMatchObject({
    status: 0,
    stderr: expect.not.stringContaining('error'),
  });
  expect(read('output.txt')).toBe('exit-code=1\n');
  expect(read('summary.md')).toContain('order_items');
  expect(read('summary.md')).toMatch(/^<!-- ondelete -->/);
  runStep(comment);
  writeFileSync(place.path('comments.txt'), '41\n');
  runStep(comment);
  const [, made, , changed] = read('asked.txt').trim().split('\n');
  expect(made).toBe(`api repos/a/b/issues/7/comments -F body=@${place.path('ondelete.md')}`);
  expect(changed).toBe(`api -X PATCH repos/a/b/issues/comments/41 -F body=@${place.path('ondelete.md')}`);
  const failed = runStep(fail);
  expect(failed.status).toBe(1);
  expect(failed.stdout).toMatch(/^::error file=ondelete\.config\.yaml,line=\d+/m);
});

test('a policy that is kept passes, with the inputs that were given', () => {
  place.write(
    'policies/other.yaml',
    shopConfig.replace('cascade', 'refuse').replace('shop.db', 'nowhere.db'),
  );
  const inputs = {
    config: 'policies/other.yaml',
    database: 'shop.db',
    flags: '--fail-on warning --quiet',
    version: '1.2.3',
  };
  expect(runStep(report, inputs).status).toBe(0);
  expect(read('output.txt')).toBe('exit-code=0\n');
  expect(runStep(fail, inputs).status).toBe(0);
});

test('a database that cannot be read fails the job, and nothing is commented', () => {
  const inputs = { database: 'nowhere.db' };
  expect(runStep(report, inputs).status).toBe(0);
  expect(read('output.txt')).toBe('exit-code=2\n');
  expect(comment?.if).toContain("steps.report.outputs.exit-code != '2'");
  expect(existsSync(place.path('asked.txt'))).toBe(false);
  expect(runStep(fail, inputs).status).toBe(2);
});
