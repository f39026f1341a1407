/** What a rehearsal proved, for a person at a terminal. */
import { keyText } from '../../core/names.ts';
import type { Change, Hazard } from '../../core/model.ts';
import type { Rehearsal } from '../../rehearsal/rehearse.ts';
import { count, type Page, pageFor, plain, type Terminal } from '../layout.ts';
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
  const page = pageFor(terminal);
  const { database, notRehearsed, rehearsal } = report;
  if (rehearsal === null && notRehearsed.length === 0) {
    return [`${database}: nothing to rehearse: every key with a rule matches the policy.`];
  }
  return [
    ...(rehearsal === null ? [] : rehearsalLines(rehearsal, report, page)),
    ...notRehearsed.flatMap(({ change, why }) => [
      ...keyLines(change, page.red('not rehearsed'), page),
      ...page.wrap(why, 6),
      '',
    ]),
    page.bold(summary(report)),
  ];
}

function rehearsalLines(
  rehearsal: Rehearsal,
  { database, hazards }: VerifyReport,
  page: Page,
): readonly string[] {
  return [
    ...page.wrap(
      `${database}: rehearsed on ${rehearsal.scratch}; no row was read, so orphans are not noticed`,
      0,
      2,
    ),
    ...rehearsal.notes.flatMap((note) => page.wrap(`note: ${note}`, 2, 8)),
    '',
    ...rehearsal.failures.flatMap((failure) => page.wrap(`${page.red('✗')} ${failure}`, 2, 4)),
    ...(rehearsal.failures.length === 0 ? [] : ['']),
    ...rehearsal.keys.flatMap((key) => [
      ...keyLines(key.change, key.proven ? page.green('proven') : page.red('not proven'), page),
      ...key.trials.flatMap(({ what, verdict, detail }) =>
        verdict === 'as promised'
          ? page.wrap(`${page.green('✓')} ${what}: ${detail}`, 6, 8)
          : page.wrap(`${page.red('✗')} ${what}: ${verdict}: ${detail}`, 6, 8),
      ),
      ...(key.trials.some((trial) => trial.verdict === 'differs')
        ? hazardLines(key.change, hazards, page)
        : []),
      '',
    ]),
  ];
}

function hazardLines(change: Change, hazards: readonly Hazard[], page: Page): readonly string[] {
  const own = hazards.filter(({ subject }) => subject === keyText(change.foreignKey));
  const codes = [...new Set(own.map(({ code }) => code))].join(', ');
  if (codes === '') return [];
  return page.wrap(`known hazards of this change: ${codes}; see \`ondelete explain CODE\``, 6, 8);
}

function keyLines(change: Change, verdict: string, page: Page): readonly string[] {
  return [...page.wrap(keyText(change.foreignKey), 2, 6), `      ${clausesText(change, plain)}: ${verdict}`];
}

function summary({ rehearsal, notRehearsed }: VerifyReport): string {
  const all = (rehearsal?.keys.length ?? 0) + notRehearsed.length;
  const proven = rehearsal?.keys.filter((key) => key.proven).length ?? 0;
  return proven === all
    ? `Proven for ${count(all, 'key')}: up, deletes, down, and the schema is as before.`
    : `Proven for ${proven} of ${count(all, 'key')}.`;
}
