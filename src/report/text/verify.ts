/** What a rehearsal proved, for a person at a terminal. */
import { keyText, type Change, type Hazard } from '../../core/model.ts';
import type { Rehearsal } from '../../rehearsal/rehearse.ts';
import { clausesText } from './diff.ts';
import { count, colorsFor, plain, wrap, type Terminal, type Colors } from '../layout.ts';

export interface VerifyReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  /** Null where nothing differs from the policy. */
  readonly rehearsal: Rehearsal | null;
  readonly notRehearsed: readonly { readonly change: Change; readonly why: string }[];
  /** What was known of the changes before: a trial that differs may be one of them come true. */
  readonly hazards: readonly Hazard[];
}

/** @returns lines without line breaks */
export function verifyText(report: VerifyReport, page: Terminal): readonly string[] {
  const paint = colorsFor(page);
  const { rehearsal, notRehearsed } = report;
  if (rehearsal === null && notRehearsed.length === 0) {
    return [`${report.database}: nothing to rehearse, every key that a rule decides is as declared.`];
  }
  return [
    ...(rehearsal === null ? [] : rehearsalLines(rehearsal, report, page, paint)),
    ...notRehearsed.flatMap(({ change, why }) => [
      ...keyLines(change, paint.red('not rehearsed'), page),
      ...wrap(why, page, 6),
      '',
    ]),
    paint.bold(summary(report)),
  ];
}

function rehearsalLines(
  rehearsal: Rehearsal,
  { database, hazards }: VerifyReport,
  page: Terminal,
  paint: Colors,
): readonly string[] {
  return [
    ...wrap(`${database}: rehearsed on ${rehearsal.scratch}; no row was read`, page, 0, 2),
    ...rehearsal.notes.flatMap((note) => wrap(`note: ${note}`, page, 2, 8)),
    '',
    ...rehearsal.failures.flatMap((failure) => wrap(`${paint.red('✗')} ${failure}`, page, 2, 4)),
    ...(rehearsal.failures.length === 0 ? [] : ['']),
    ...rehearsal.keys.flatMap((key) => [
      ...keyLines(key.change, key.proven ? paint.green('proven') : paint.red('not proven'), page),
      ...key.trials.flatMap((trial) => {
        const sign = trial.verdict === 'as promised' ? paint.green('✓') : paint.red('✗');
        const verdict = trial.verdict === 'as promised' ? '' : `${trial.verdict}: `;
        return wrap(`${sign} ${trial.what}: ${verdict}${trial.detail}`, page, 6, 8);
      }),
      ...(key.trials.some((trial) => trial.verdict === 'differs')
        ? knownLines(key.change, hazards, page)
        : []),
      '',
    ]),
  ];
}

function knownLines(change: Change, hazards: readonly Hazard[], page: Terminal): readonly string[] {
  const codes = new Set(
    hazards.flatMap(({ code, subject }) => (subject === keyText(change.foreignKey) ? [code] : [])),
  );
  if (codes.size === 0) return [];
  return wrap(`known of this change: ${[...codes].join(', ')}; see \`ondelete explain CODE\``, page, 6, 8);
}

function keyLines(change: Change, verdict: string, page: Terminal): readonly string[] {
  return [...wrap(keyText(change.foreignKey), page, 2, 6), `      ${clausesText(change, plain)}: ${verdict}`];
}

function summary({ rehearsal, notRehearsed }: VerifyReport): string {
  const all = (rehearsal?.keys.length ?? 0) + notRehearsed.length;
  const proven = rehearsal?.keys.filter((key) => key.proven).length ?? 0;
  return proven === all
    ? `Proven for ${count(all, 'key')}: up, deletes as promised, down, the same as before.`
    : `Proven for ${proven} of ${count(all, 'key')}.`;
}
