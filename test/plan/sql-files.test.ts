import { expect, test } from '@jest/globals';
import { sqlFiles } from '../../migrations-templates/sql.ts';
import { rendered } from '../../src/commands/shared/pipeline.ts';
import type { Statement, Step } from '../../src/core/model.ts';

test('a file that would be longer than a text can be is refused with a way out', () => {
  // A text that repeats itself takes no memory until somebody looks at it.
  const long = 'x'.repeat(2 ** 28);
  const statement: Statement = { sql: long, comment: '', work: [] };
  const step = (count: number): Step => ({
    slug: 'swap',
    title: 'Swap',
    keys: [],
    transaction: null,
    alone: true,
    up: {
      kind: 'run',
      statements: Array.from({ length: count }, () => statement),
      always: [],
      retry: null,
      fallback: [],
    },
    down: { kind: 'nothing', reason: 'there is nothing to do' },
  });
  const render = () =>
    rendered(sqlFiles, { name: 'one', flavor: 'postgres', header: [], downHeader: [], steps: [step(2)] });
  expect(render).toThrow(
    expect.objectContaining({
      code: 'OUTPUT_NOT_WRITABLE',
      message: expect.stringMatching(/^one file for all changes of one would hold more than 512 MB, /),
      help: expect.stringContaining('--only'),
    }),
  );
});
