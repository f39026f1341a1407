// The package as a user has it: packed, and installed into an empty project.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from '../../scripts/build.mjs';

/** @typedef {{ readonly tarball: string, readonly files: readonly string[] }} Packed */
/** @typedef {{ readonly code: number | null, readonly stdout: string, readonly stderr: string }} Result */

/** @param {string} folder where the tarball goes @returns {Packed} of what is built */
export function pack(folder) {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  /** @type {readonly [{ filename: string, files: readonly { path: string }[] }]} */
  const [{ filename, files }] = JSON.parse(ran('npm', args, ROOT));
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

/**
 * A new project outside every other, with these packages.
 * @param {readonly string[]} packages names, with versions or as tarballs
 * @param {string} node the Node.js that npm runs on @returns {string} its folder
 */
export function projectWith(packages, node = process.execPath) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-package-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  mkdirSync(join(folder, 'empty'));
  const flags = ['--save-dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  ran('npm', ['install', ...flags, ...packages], folder, node);
  return folder;
}

/**
 * `ondelete …` by the link that npm has made, which npx starts too.
 * @param {readonly string[]} words @param {string} cwd below a project @param {string} project @param {string} node @returns {Result}
 */
export function ondelete(words, cwd, project = cwd, node = process.execPath) {
  const { status, stdout, stderr } = spawnSync(join(project, 'node_modules/.bin/ondelete'), [...words], {
    cwd,
    env: { ...environment(node), DATABASE_URL: '' },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** @param {string} program @param {readonly string[]} args @param {string} cwd @param {string} node @returns {string} what it printed */
export function ran(program, args, cwd, node = process.execPath) {
  const { status, stdout, stderr, error } = spawnSync(program, [...args], {
    cwd,
    env: environment(node),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? ''}${stdout}${stderr}`);
}

/** @param {string} node the first that `#!/usr/bin/env node` finds @returns {NodeJS.ProcessEnv} */
function environment(node) {
  const { NODE_OPTIONS: _options, ...inherited } = process.env;
  return { ...inherited, NO_COLOR: '1', PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` };
}
