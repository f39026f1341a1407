// A half-done key whose own name is too long to be part of the temporary one: its file has it.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryName } from '../../dialects/mysql/temporary-name.ts';
import type { ForeignKey, Snapshot } from '../../src/core/model.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const recorded = join(import.meta.dirname, '../cases/line-items/mysql-9.7/snapshot.json');
const own = `${'order_items_'.repeat(4)}order_id_`;

let place: Project;
beforeEach(() => {
  place = openProject(ondelete);
  place.write(
    'ondelete.config.yaml',
    "policy:\n  rules:\n    - { match: 'order_items -> orders', onDelete: cascade }\n",
  );
});
afterEach(() => place.remove());

function write(name: string, more: (key: ForeignKey) => object): void {
  const snapshot = JSON.parse(readFileSync(recorded, 'utf8')) as Snapshot;
  const foreignKeys = snapshot.foreignKeys.map((key) => ({ ...key, ...more(key) }));
  place.write(name, JSON.stringify({ ...snapshot, foreignKeys }));
}

test('diff and generate say that its file ends the change, or ask for it where it is gone', async () => {
  write('before.json', () => ({ name: own }));
  write('half.json', (key) => ({
    name: null,
    onDelete: 'CASCADE',
    halfDone: {
      from: null,
      to: { onDelete: 'CASCADE', onDeleteColumns: null },
      temporaryName: temporaryName(own, key),
      twins: 0,
    },
  }));
  expect(await place.run(['generate', '--snapshot', 'before.json'])).toMatchObject({ code: 0 });
  const diff = await place.run(['diff', '--snapshot', 'half.json']);
  expect(diff).toMatchObject({ code: 1 });
  expect(diff.stdout).not.toContain('ORIGINAL_NAME_UNKNOWN');
  expect(diff.stdout).toMatch(/Next: run the pending files\nRun: {2}mysql DATABASE < \S+\.up\.sql/);
  const again = await place.run(['generate', '--snapshot', 'half.json']);
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('written already')]);
  rmSync(place.path('migrations'), { recursive: true });
  expect((await place.run(['diff', '--snapshot', 'half.json'])).stdout).toContain('ORIGINAL_NAME_UNKNOWN');
});
