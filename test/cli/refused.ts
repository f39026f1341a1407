// How a command refuses: exit 2, one clear line.
import { expect } from '@jest/globals';
import type { CliResult } from '../support/cli.ts';

/** One line on stderr that begins with the program's name and says `words`. */
export function refused(result: CliResult, ...words: readonly string[]): void {
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 2, stdout: '' });
  const lines = result.stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  for (const word of ['ondelete: ', ...words]) expect(lines[0]).toContain(word);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.stderr).not.toContain('unexpected');
}
