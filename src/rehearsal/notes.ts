/** How the scratch database differs from the target: version, settings, triggers that are not copied. Pure. */
import { tableText } from '../core/names.ts';
import type { Server, Snapshot } from '../core/model.ts';

/** Settings that do not decide how keys behave: the scratch database has its own; a service is told by its product. */
const ignoredSettings: ReadonlySet<string> = new Set(['database', 'journal_mode', 'service']);

const mostTables = 5;

/** @param part what is rehearsed, as it is on the target */
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
    if (ignoredSettings.has(name) || here === there) return [];
    return [
      `${name} is ${here ?? 'unknown'} here and ${there ?? 'unknown'} on the target, so deletes may behave differently there`,
    ];
  });
}

function triggerNotes({ tables }: Snapshot): readonly string[] {
  const withTriggers = tables.filter(
    // what is made anew is copied with its triggers
    (table) => table.triggers.length > 0 && table.stored === undefined,
  );
  if (withTriggers.length === 0) return [];
  const shown = withTriggers
    .slice(0, mostTables)
    .map((table) => `${tableText(table)} (${table.triggers.join(', ')})`)
    .join(', ');
  const rest = withTriggers.length - mostTables;
  const more = rest > 0 ? ` and ${rest} more ${rest === 1 ? 'table' : 'tables'}` : '';
  return [
    `triggers are not copied, so their effect on a delete was not tried; triggers on delete or update: ${shown}${more}`,
  ];
}
