// docs/quick-start.md, run from its first command to its last on one engine, as it is written: in bash, with `npx` as the built
// command line and the programs of the project, and with the engine's own client. Nothing is installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { paste, writePrograms } from './paste.ts';
import type { Project } from './project.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/quick-start.md'), 'utf8');

type Block = readonly [mark: string, text: string];
const fence = (language: string, text = page): readonly Block[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}(?: (.*))?\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, mark = '', block = '']) => [mark.trim(), block] as const,
  );
const [[, schema] = ['', '']] = fence('sql');
const [[, rules] = ['', '']] = fence('yaml');

/** @param env instead of what the page exports @param folder of the project, in `place` */
export async function followQuickStart(
  title: string,
  place: Project,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bin = place.path('bin');
  writePrograms(bin, { npx: { command: ['node', join(root, 'test/support/npx.mjs')] } });
  const [, section = ''] = page.split(`\n## ${title}\n`);
  const [text = ''] = section.split('\n## ');
  const files = {
    'shop.sql': schema,
    'run.mjs': fence('js', text)[0]?.[1],
    'wrangler.toml': fence('toml', text)[0]?.[1],
  };
  for (const [name, content] of Object.entries(files))
    if (content !== undefined) place.write(`${folder}/${name}`, content);
  const all = fence('sh', text).filter(([, block]) => !block.startsWith('npm install '));
  const exported = all.flatMap(([, block]) => [...block.matchAll(/^export (\w+)='?(.*?)'?$/gm)]);
  const options = {
    cwd: place.path(folder),
    env: { ...Object.fromEntries(exported.map(([, name = '', value = '']) => [name, value])), ...env },
  };
  const background = all.find(([mark]) => mark === 'background');
  const stop = background === undefined ? null : await inBackground(background[1], bin, options);
  try {
    const blocks = all.filter(([mark, block]) => mark !== 'background' && !block.startsWith('export '));
    expect(blocks).toHaveLength(5);
    const path = `${folder}/ondelete.config.yaml`;
    for (const [mark, block] of blocks) {
      if (mark === 'exit=1') {
        const config = readFileSync(place.path(path), 'utf8');
        place.write(path, config.replace(/^ {2}rules:\n(?: {4}.*\n)*/m, rules));
      }
      const result = await paste(block, bin, options);
      // All of it, so that a failure shows what was printed.
      expect({ block, ...result }).toEqual({ block, ...result, code: mark === 'exit=1' ? 1 : 0 });
    }
    expect(await paste('npx ondelete diff', bin, options)).toMatchObject({ code: 1 });
  } finally {
    await stop?.();
  }
}

/** Starts what stays up until the end, and waits for its first word of a port. @returns how to stop it */
async function inBackground(
  line: string,
  bin: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<() => Promise<void>> {
  const child = spawn('bash', ['-ec', `exec ${line}`], {
    cwd,
    env: { ...process.env, ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    detached: true,
  });
  const gone = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      if (String(chunk).includes('listening')) resolve();
    });
    child.on('exit', () => reject(new Error(`${line} ended`)));
  });
  return async () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await gone;
  };
}
