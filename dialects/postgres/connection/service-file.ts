/** The connection service file of libpq: https://www.postgresql.org/docs/current/libpq-pgservice.html */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OndeleteError } from '../../../src/core/errors.ts';

type ServiceSettings = Readonly<Record<string, string>>;

/** The settings of a service by name. Throws USAGE where no service file has it. */
export function serviceSettings(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): ServiceSettings {
  const files = [
    environment['PGSERVICEFILE'] ?? join(homedir(), '.pg_service.conf'),
    ...(environment['PGSYSCONFDIR'] === undefined
      ? []
      : [join(environment['PGSYSCONFDIR'], 'pg_service.conf')]),
  ];
  for (const file of files) {
    const settings = sectionOf(textOf(file), name);
    if (settings !== null) return settings;
  }
  throw new OndeleteError(
    'USAGE',
    `the PostgreSQL service ${name} is not in ${files.join(' or ')}`,
    'Check PGSERVICE, PGSERVICEFILE and the name in [brackets].',
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sectionOf(text: string, name: string): ServiceSettings | null {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const start = lines.indexOf(`[${name}]`);
  if (start === -1) return null;
  const after = lines.slice(start + 1);
  const end = after.findIndex((line) => line.startsWith('['));
  return Object.fromEntries(
    after.slice(0, end === -1 ? undefined : end).flatMap((line) => {
      const [, key, value] = /^([a-z_]+)\s*=\s*(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}
