// wrangler and the real D1 (workerd) on this machine: nothing is sent anywhere.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, run } from '../support/cli.ts';
import { npmTools } from './install.ts';

export const version = '4.86.0';
const workerd = '1.20260426.1';
export const database = 'shop';

/** @returns the folder that holds `node_modules` */
export function installWrangler(): Promise<string> {
  return npmTools(`wrangler@${version}`, 'miniflare@4.20260426.0', `workerd@${workerd}`);
}

export function configureWrangler(folder: string): void {
  mkdirSync(join(folder, 'migrations'), { recursive: true });
  writeFileSync(
    join(folder, 'wrangler.toml'),
    `name = "shop"\ncompatibility_date = "2026-04-01"\n\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "${database}"\ndatabase_id = "00000000-0000-0000-0000-000000000001"\n`,
  );
}

export const variables = (folder: string): Readonly<Record<string, string>> => ({
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_LOG_PATH: join(folder, 'logs'),
  XDG_CONFIG_HOME: join(folder, 'config'),
});

export function wrangler(packages: string, folder: string, ...words: readonly string[]): Promise<CliResult> {
  const script = join(packages, 'node_modules/wrangler/bin/wrangler.js');
  return run(process.execPath, [script, 'd1', ...words, '--local'], { cwd: folder, env: variables(folder) });
}

export const applyAll = (packages: string, folder: string): Promise<CliResult> =>
  wrangler(packages, folder, 'migrations', 'apply', database);

/** Takes back the last file of the folder that has a way back. */
export function takeBackLast(packages: string, folder: string, applied: number): Promise<CliResult> {
  const down = readdirSync(join(folder, 'migrations/down')).sort()[applied - 1] ?? '';
  return wrangler(packages, folder, 'execute', database, '--file', `migrations/down/${down}`);
}

/** The file behind the local database; there is one when something was applied. */
export function stateOf(folder: string): string {
  const state = join(folder, '.wrangler/state/v3/d1/miniflare-D1DatabaseObject');
  const name = readdirSync(state).find((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite');
  return join(state, name ?? '');
}
