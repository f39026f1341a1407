/** Pieces of the commands that people paste. */
import type { CommandTarget } from '../../src/core/contracts/template.ts';

/** In the place of a command, where a tool cannot take a file back. */
export const noWayBack = 'none; put the old rule into the policy and generate again';

/** More repetitions than this are told instead of written. */
const mostRepetitions = 4;

/** For tools that take back one migration at a time. @param then what stands between two commands */
export function oncePerFile(
  command: string,
  { names }: Pick<CommandTarget, 'names'>,
  then: ' && ' | '; ' = ' && ',
): string {
  if (names.length <= mostRepetitions) return names.map(() => command).join(then);
  return `${command}   ${then === '; ' ? '//' : '#'} ${names.length} times: ${names.length} files`;
}

/** The path of a migration's file, from the folder of the project. */
export function pathIn(target: Pick<CommandTarget, 'folder'>, file: string): string {
  const folder = folderOf(target);
  return quoted(folder === '.' ? file : `${folder}/${file}`);
}

/** The folder of the migrations, or the word that stands for it on a page. */
export const folderOf = ({ folder }: Pick<CommandTarget, 'folder'>): string =>
  folder === '' ? 'FOLDER' : folder;

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
