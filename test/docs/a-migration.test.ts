// docs/a-migration.md shows a whole migration of thirty keys: its pieces, one after the other, are the file that generate writes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ondelete } from '../support/cli.ts';
import { openProject } from '../support/project.ts';
import { thirtyKeys, thirtyKeysPolicy } from './thirty-keys.ts';

const page = join(import.meta.dirname, '../../docs/a-migration.md');
const piece = /(?<=^```sql\n)[^]*?(?=^```$)/gm;

async function upFile(): Promise<string> {
  const place = openProject(ondelete);
  try {
    place.write('snapshot.json', JSON.stringify(thirtyKeys()));
    place.write('ondelete.config.yaml', thirtyKeysPolicy);
    const made = await place.run(['generate', 'deletes', '--snapshot', 'snapshot.json']);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('Wrote 2 files for 30 keys') });
    const name = readdirSync(place.path('migrations')).find((one) => one.endsWith('.up.sql')) ?? '';
    const text = readFileSync(join(place.path('migrations'), name), 'utf8');
    // Its last line is for programs, and long.
    return text
      .replaceAll(name.replace('.up.sql', ''), 'STAMP_deletes')
      .replace(/^(-- ondelete-set: .{60}).*$/m, '$1…');
  } finally {
    place.remove();
  }
}

/** Cuts the file where the pieces of the page begin. */
function cut(file: string, pieces: readonly string[]): readonly string[] {
  const starts = pieces.map((one) => {
    const [first = ''] = one.split('\n', 1);
    const at = file.startsWith(`${first}\n`) ? 0 : file.indexOf(`\n${first}\n`) + 1;
    if (at === 0 && one !== pieces[0]) throw new Error(`no line of the file is: ${first}`);
    return at;
  });
  return starts.map((at, number) => file.slice(at, starts[number + 1]));
}

test('the pieces of the page are the file', async () => {
  const file = await upFile();
  const written = readFileSync(page, 'utf8');
  const pieces = [...written.matchAll(piece)].map(([text]) => text);
  expect(pieces.length).toBeGreaterThan(5);
  if (process.env['UPDATE'] === '1') {
    const fresh = cut(file, pieces);
    let at = 0;
    writeFileSync(
      page,
      written.replace(piece, () => fresh[at++] ?? ''),
    );
    return;
  }
  expect(pieces.join('')).toBe(file);
  expect(written).toContain(thirtyKeysPolicy);
});
