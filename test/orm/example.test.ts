// The walk-through of examples/sqlalchemy, run again: its README is what it prints (UPDATE=1 rewrites it).
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { openProject } from '../support/project.ts';
import { need } from '../servers/cache.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';

const folder = join(import.meta.dirname, '../../examples/sqlalchemy');

test('from children left with NULL to three deletes that agree', async () => {
  await need('sqlite3', 'sqlite3');
  const [, second] = sqlalchemies;
  if (second === undefined) throw new Error('no SQLAlchemy 2');
  const env = { ...(await environmentOf(second)), PYTHON: python() };
  const { code, stdout, stderr } = await run(process.execPath, [join(folder, 'walk.mjs')], {
    cwd: folder,
    env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const readme = join(folder, 'README.md');
  if (process.env['UPDATE'] === '1') writeFileSync(readme, stdout);
  expect(stdout).toBe(readFileSync(readme, 'utf8'));
}, 240_000);

test('docs/orm-start.md: its commands, one after the other, as they are written', async () => {
  const sqlite3 = await need('sqlite3', 'sqlite3');
  const [, second] = sqlalchemies;
  if (second === undefined) throw new Error('no SQLAlchemy 2');
  const page = readFileSync(join(import.meta.dirname, '../../docs/orm-start.md'), 'utf8');
  const [, config = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? [];
  const place = openProject();
  try {
    const env = { ...(await environmentOf(second)), ONDELETE_PYTHON: python() };
    for (const file of ['models_first.py', 'delete.py']) {
      const text = readFileSync(join(folder, file), 'utf8').replace('from models', 'from shop.models');
      place.write(file === 'delete.py' ? file : 'shop/models.py', text);
    }
    place.write('shop/__init__.py', '');
    const shell = (text: string): ReturnType<typeof run> =>
      run(
        'bash',
        ['-ec', `npx() { node '${join(import.meta.dirname, '../support/npx.mjs')}' "$@"; }\n${text}`],
        {
          cwd: place.folder,
          env: { ...env, PATH: `${dirname(sqlite3)}:${process.env['PATH'] ?? ''}` },
        },
      );
    expect(await shell(`'${python()}' delete.py --create && git init -q`)).toMatchObject({ code: 0 });
    const blocks = [...page.matchAll(/^```sh(.*)\n([^]*?)^```$/gm)];
    expect(blocks).toHaveLength(5);
    for (const [, mark = '', text = ''] of blocks) {
      if (text.includes('generate')) place.write('ondelete.config.yaml', config);
      const result = await shell(text);
      expect({ text, ...result }).toEqual({ text, ...result, code: mark.trim() === 'exit=1' ? 1 : 0 });
      // What the page shows of the first answer.
      const [, shown = '-'] = /^```text\n([^]*?)^```$/m.exec(page) ?? [];
      if (text === blocks[0]?.[2]) expect(result.stdout).toContain(shown);
    }
  } finally {
    place.remove();
  }
}, 240_000);
