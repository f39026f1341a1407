// Strings, comments and docstrings that Python reads back as they were.
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { pyDocstring, pyString } from '../../migrations-templates/shared/python.ts';
import { python } from '../orm/python-packages.ts';

const texts = [
  'SELECT 1',
  `it's`,
  `"odd"`,
  `it's "odd"`,
  `'''it's"`,
  `"""both'''`,
  'C:\\new',
  'ends in \\',
  '\\"',
  'é ß 漢 \u2028 \t',
  'with\rreturn',
  'with\r\nboth',
  '',
];

test('every text comes back', () => {
  const strings = texts.map(pyString);
  const read = evaluated(strings);
  expect(read).toEqual(texts);
});

test('a text of several lines has its quotes on lines of their own', () => {
  const long = texts.map((text) => `DO $$\n${text}\n$$`);
  const read = evaluated(long.map(pyString)) as readonly string[];
  expect(read.map((text) => text.replace(/^\n|\n$/g, ''))).toEqual(long);
});

test('a docstring ends where it should', () => {
  const lines = ['first', '', 'a """ and \\N and \\'];
  expect(evaluated([pyDocstring(lines).join('\n')])).toEqual([`${lines.join('\n')}\n`]);
});

function evaluated(literals: readonly string[]): unknown {
  const program = `import json\nprint(json.dumps([\n${literals.join(',\n')}\n]))`;
  return JSON.parse(execFileSync(python(), ['-'], { input: program, encoding: 'utf8' }));
}
