/** The folder of a project, as init/project.ts asks about it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProjectFolder } from '../../init/project.ts';

export function projectAt(folder: string): ProjectFolder {
  const read = (path: string): string | null => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch {
      return null;
    }
  };
  const list = (path: string): readonly string[] => {
    try {
      return readdirSync(resolve(folder, path)).sort();
    } catch {
      return [];
    }
  };
  return { list, has: (path) => existsSync(resolve(folder, path)), read };
}
