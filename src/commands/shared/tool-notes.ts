/** What somebody has to know before files of a tool are run. */
import type { ToolDescription } from '../../core/contracts/template.ts';

/** For all engines, then for one; each text once. */
export function notesOf({ engineNotes = {}, notes }: ToolDescription): readonly string[] {
  return [...notes, ...new Set(Object.values(engineNotes))];
}
