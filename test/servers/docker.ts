// The services of docker-compose.yml, for machines where a Docker engine answers.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { say, which } from './cache.ts';
import { variableOf } from './matrix.ts';

const execute = promisify(execFile);
export const COMPOSE_FILE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

interface ComposeFile {
  readonly services: Readonly<Record<string, { readonly 'x-ondelete-env': string }>>;
}

/** @returns by service, the URL that its `x-ondelete-env: NAME=URL` states */
export function composeUrls(): ReadonlyMap<string, string> {
  const { services } = parse(readFileSync(COMPOSE_FILE, 'utf8')) as ComposeFile;
  return new Map(
    Object.entries(services).map(([id, service]) => {
      const [name, ...url] = service['x-ondelete-env'].split('=');
      if (name !== variableOf(id))
        throw new Error(`docker-compose.yml: ${id} states ${name}, not ${variableOf(id)}`);
      return [id, url.join('=')];
    }),
  );
}

/**
 * Starts those of the services, when a Docker engine answers within three seconds. They stay up after the run.
 * @returns the URLs of those that are up; nothing when there is no Docker
 */
export async function composeUp(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const docker = which('docker');
  if (docker === undefined || ids.length === 0) return new Map();
  try {
    await execute(docker, ['info', '--format', '{{.ServerVersion}}'], { timeout: 3_000 });
  } catch {
    return new Map();
  }
  const urls = [...composeUrls()].filter(([id]) => ids.includes(id));
  try {
    say(`docker compose up: ${urls.map(([id]) => id).join(', ')}`);
    await execute(docker, ['compose', '-f', COMPOSE_FILE, 'up', '-d', '--wait', ...urls.map(([id]) => id)]);
    return new Map(urls);
  } catch (error) {
    say(`docker compose failed, trying without: ${(error as { message: string }).message}`);
    return new Map();
  }
}
