// A folder of its own, in which the tools of Python and `ondelete` run.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../support/cli.ts';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { python } from './sqlalchemy.ts';

export interface Folder {
  readonly path: string;
  write(name: string, text: string): void;
  read(name: string): string;
  run(command: string, words: readonly string[]): Promise<CliResult>;
  ondelete(words: readonly string[]): Promise<CliResult>;
}

export function folderWith(env: Readonly<Record<string, string>>): Folder {
  const path = mkdtempSync(join(tmpdir(), 'ondelete-edits-after-'));
  return {
    path,
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    },
    read: (name) => readFileSync(join(path, name), 'utf8'),
    run: (command, words) => run(command, words, { cwd: path, env }),
    ondelete: (words) => ondelete([...words, '--python', python()], { cwd: path, env }),
  };
}
