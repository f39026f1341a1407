/** What somebody has to know before files of a tool are run. */
import type { CommandTarget, ToolDescription } from '../../core/contracts/template.ts';

/** For all engines, then for one; each text once. */
export function notesOf({ engineNotes = {}, notes, oneTransaction }: ToolDescription): readonly string[] {
  const twoFiles = oneTransaction === undefined ? [] : [`On PostgreSQL, ${oneTransaction}.`];
  return [...notes, ...twoFiles, ...new Set(Object.values(engineNotes))];
}

/** Stands for any migration in the commands of a page. */
export const anyMigration: CommandTarget = { names: ['NAME'], before: 'PREVIOUS', folder: '', setup: null };
