/** What a rehearsal proved, for a person at a terminal. */
import { keyText, type Change, type Hazard } from '../../core/model.ts';
import type { Rehearsal } from '../../rehearsal/rehearse.ts';
import { colorsFor, count, plain, wrap, type Colors, type Terminal } from '../layout.ts';
import { clausesText } from './diff.ts';

export interface VerifyReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  /** Null where nothing differs from the policy. */
  readonly rehearsal: Rehearsal | null;
  readonly notRehearsed: readonly { readonly change: Change; readonly why: string }[];
  /** Known hazards of the changes: one of them may be why a trial differs. */
  readonly hazards: readonly Hazard[];
}

/** @returns lines without line breaks */
export function verifyText(report: VerifyReport, terminal: Terminal): readonly string[] {
  const paint = colorsFor(terminal);
  const { database, notRehearsed, rehearsal } = report;
  if (rehearsal === null && notRehearsed.length === 0) {
    return [`${database}: nothing to rehearse, every key that a rule decides matches the policy.`];
  }
  return [
    ...(rehearsal === null ? [] : rehearsalLines(rehearsal, report, terminal, paint)),
    ...notRehearsed.flatMap(({ change, why }) => [
      ...keyLines(change, paint.red('not rehearsed'), terminal),
      ...wrap(why, terminal, 6),
      '',
    ]),
    paint.bold(summary(report)),
  ];
}

function rehearsalLines(
  rehearsal: Rehearsal,
  { database, hazards }: VerifyReport,
  terminal: Terminal,
  paint: Colors,
): readonly string[] {
  return [
    ...wrap(`${database}: rehearsed on ${rehearsal.scratch}; no row was read`, terminal, 0, 2),
    ...rehearsal.notes.flatMap((note) => wrap(`note: ${note}`, terminal, 2, 8)),
    '',
    ...rehearsal.failures.flatMap((failure) => wrap(`${paint.red('✗')} ${failure}`, terminal, 2, 4)),
    ...(rehearsal.failures.length === 0 ? [] : ['']),
    ...rehearsal.keys.flatMap((key) => [
      ...keyLines(key.change, key.proven ? paint.green('proven') : paint.red('not proven'), terminal),
      ...key.trials.flatMap(({ what, verdict, detail }) =>
        verdict === 'as promised'
          ? wrap(`${paint.green('✓')} ${what}: ${detail}`, terminal, 6, 8)
          : wrap(`${paint.red('✗')} ${what}: ${verdict}: ${detail}`, terminal, 6, 8),
      ),
      ...(key.trials.some((trial) => trial.verdict === 'differs')
        ? hazardLines(key.change, hazards, terminal)
        : []),
      '',
    ]),
  ];
}

function hazardLines(change: Change, hazards: readonly Hazard[], terminal: Terminal): readonly string[] {
  const own = hazards.filter(({ subject }) => subject === keyText(change.foreignKey));
  const codes = [...new Set(own.map(({ code }) => code))].join(', ');
  if (codes === '') return [];
  return wrap(`known hazards of this change: ${codes}; see \`ondelete explain CODE\``, terminal, 6, 8);
}

function keyLines(change: Change, verdict: string, terminal: Terminal): readonly string[] {
  return [
    ...wrap(keyText(change.foreignKey), terminal, 2, 6),
    `      ${clausesText(change, plain)}: ${verdict}`,
  ];
}

function summary({ rehearsal, notRehearsed }: VerifyReport): string {
  const all = (rehearsal?.keys.length ?? 0) + notRehearsed.length;
  const proven = rehearsal?.keys.filter((key) => key.proven).length ?? 0;
  return proven === all
    ? `Proven for ${count(all, 'key')}: up, deletes, down, and the schema is as before.`
    : `Proven for ${proven} of ${count(all, 'key')}.`;
}
