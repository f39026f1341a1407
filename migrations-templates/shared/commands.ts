/** Pieces of the commands that people paste. */
import type { CommandTarget } from '../../src/core/contracts/template.ts';

/** For tools that take back one migration at a time. */
export function oncePerFile(command: string, { names }: Pick<CommandTarget, 'names'>): string {
  if (names.length === 1) return command;
  const times = names.length === 2 ? 'twice' : `${names.length} times`;
  return `${command}   # ${times}: ${names.length} files`;
}

/** The path of a migration's file in the folder of the migrations. */
export function pathIn({ folder }: Pick<CommandTarget, 'folder'>, file: string): string {
  const path = folder === '' || folder === '.' ? file : `${folder}/${file}`;
  return quoted(path);
}

/** ` -d migrations`, where a tool looks elsewhere unless it is told. */
export function folderFlag({ folder }: Pick<CommandTarget, 'folder'>, flag: string, usual: string): string {
  return folder === usual || folder === '' ? '' : ` ${flag} ${quoted(folder)}`;
}

/** A command per file, each after the one before it has worked. */
export function oneByOne(names: readonly string[], command: (name: string) => string): string {
  return names.map(command).join(' && ');
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
