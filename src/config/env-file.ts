/** Files of environment variables that nobody has named: looked at for messages alone. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Whether a file of lines NAME=value gives the variable a value; false where it cannot be read. */
export function isSetIn(file: string, name: string): boolean {
  try {
    return Boolean(parseEnv(readFileSync(file, 'utf8'))[name]);
  } catch {
    return false;
  }
}
