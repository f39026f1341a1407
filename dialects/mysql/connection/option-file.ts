/** What the `[client]` section of ~/.my.cnf says: https://dev.mysql.com/doc/refman/9.7/en/option-files.html */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** By option name in small letters, with `-`. */
export type ClientOptions = ReadonlyMap<string, string>;

/** Empty where there is no such file, or it may not be read. */
export function clientOptions(): ClientOptions {
  try {
    return parseClientOptions(readFileSync(join(homedir(), '.my.cnf'), 'utf8'));
  } catch {
    return new Map();
  }
}

export function parseClientOptions(text: string): ClientOptions {
  const options = new Map<string, string>();
  let isClient = false;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section !== undefined) isClient = section === 'client';
    const [, name = '', value = ''] = /^([a-z][\w-]*)\s*=\s*(.*)$/i.exec(line) ?? [];
    if (isClient && name !== '') options.set(name.toLowerCase().replaceAll('_', '-'), unquoted(value));
  }
  return options;
}

/** In quotes every character counts; without them a `#` begins a comment. */
function unquoted(value: string): string {
  const inQuotes = /^(["'])(.*)\1$/.exec(value)?.[2];
  return (inQuotes ?? value.replace(/\s+#.*$/, '')).replace(/\\(.)/g, (_, escaped: string) =>
    escaped === 's' ? ' ' : escaped,
  );
}
