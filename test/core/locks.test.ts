import { expect, test } from '@jest/globals';
import { locksInWords } from '../../src/core/locks.ts';
import type { Lock } from '../../src/core/model.ts';

test('a lock on six tables names five', () => {
  const locks = ['a', 'b', 'c', 'd', 'e', 'f'].map((name): Lock => ({
    mode: 'ACCESS EXCLUSIVE',
    table: { schema: 'main', name },
    blocks: 'reads and writes',
    held: 'for a moment',
  }));
  expect(locksInWords(locks, 5)).toEqual([
    'takes ACCESS EXCLUSIVE on a, b, c, d, e and 1 more for a moment: blocks reads and writes',
  ]);
});
