/** In what a rehearsal is not the target: another version, other settings, triggers that were not copied. Pure. */
import { tableText, type Server, type Snapshot } from '../core/model.ts';

/** Settings that say where the tables lie, not how keys behave: the scratch database has its own. */
const ofThePlace: ReadonlySet<string> = new Set(['database', 'journal_mode']);

const mostTables = 5;

/** @param part what is rehearsed, as the target has it */
export function notesOn(part: Snapshot, scratch: Server): readonly string[] {
  const { server } = part;
  return [
    ...(scratch.product === server.product
      ? []
      : [`rehearsed on ${scratch.product}, not on ${server.product}`]),
    ...settingNotes(server, scratch),
    ...triggerNotes(part),
  ];
}

function settingNotes(server: Server, scratch: Server): readonly string[] {
  const names = [...new Set([...Object.keys(server.settings), ...Object.keys(scratch.settings)])].sort();
  return names.flatMap((name) => {
    const [here, there] = [scratch.settings[name], server.settings[name]];
    if (ofThePlace.has(name) || here === there) return [];
    return [
      `${name} is ${here ?? 'not known'} here and ${there ?? 'not known'} on the target, so deletes may go another way there`,
    ];
  });
}

function triggerNotes({ tables }: Snapshot): readonly string[] {
  const bearing = tables.filter((table) => table.triggers.length > 0);
  if (bearing.length === 0) return [];
  const shown = bearing
    .slice(0, mostTables)
    .map((table) => `${tableText(table)} (${table.triggers.join(', ')})`)
    .join(', ');
  const rest = bearing.length - mostTables;
  const more = rest > 0 ? ` and ${rest} more ${rest === 1 ? 'table' : 'tables'}` : '';
  return [
    `triggers are not copied, so what they do to a delete was not tried; on delete or update there are those of ${shown}${more}`,
  ];
}
