/** Reports for machines: `"version": 1`, stable names, everything that the text says. */
import { entryOf } from '../../core/codes/index.ts';
import {
  clauseText,
  keyText,
  type Change,
  type DeleteClause,
  type Finding,
  type Hazard,
  type Refusal,
} from '../../core/model.ts';
import type { DiffReport } from '../text/diff.ts';
import type { PreviewReport } from '../text/plan.ts';
import type { VerifyReport } from '../text/verify.ts';

/** @returns the report as JSON text, two blanks deep */
export function diffJson(report: DiffReport): string {
  const { diff } = report;
  return text({
    version: 1,
    report: 'diff',
    database: report.database,
    server: diff.snapshot.server,
    policy: report.policyFile,
    inPolicy: report.exitCode === 0,
    summary: {
      keys: diff.inPolicy + diff.undecided + diff.changes.length,
      asDeclared: diff.inPolicy,
      toChange: report.possible.length,
      cannotBeChanged: report.refusals.length,
      withoutRule: diff.undecided,
    },
    changes: report.possible.map(changeData),
    refused: report.refusals.map(refusalData),
    findings: diff.findings.map(findingData),
    baseline: { known: report.known.map(findingData), gone: report.gone },
  });
}

/** @returns what a rehearsal proved as JSON text */
export function verifyJson({ database, rehearsal, notRehearsed }: VerifyReport): string {
  return text({
    version: 1,
    report: 'verify',
    database,
    scratch: rehearsal?.scratch ?? null,
    server: rehearsal?.server ?? null,
    notes: rehearsal?.notes ?? [],
    failures: rehearsal?.failures ?? [],
    keys: (rehearsal?.keys ?? []).map(({ change, proven, trials }) => ({
      ...changeData(change),
      proven,
      trials,
    })),
    notRehearsed: notRehearsed.map(({ change, why }) => ({ ...changeData(change), why })),
    fingerprints: rehearsal === null ? null : { before: rehearsal.before, after: rehearsal.after },
  });
}

/** @returns the preview of generate as JSON text */
export function previewJson(report: PreviewReport): string {
  const { plan } = report;
  return text({
    version: 1,
    report: 'generate',
    database: report.database,
    server: plan.server,
    changes: plan.changes.map((change) => {
      const figures = report.figures.find((one) => one.key === change.foreignKey);
      return {
        ...changeData(change),
        orphans: figures?.orphans ?? null,
        childRows: figures?.childRows ?? null,
      };
    }),
    refused: plan.refusals.map(refusalData),
    hazards: plan.hazards.map(hazardData),
    steps: plan.steps.map((step) => ({ ...step, keys: step.keys.map(keyText) })),
    reach: report.reach,
    files: report.files,
    run: report.howToRun,
  });
}

function changeData(change: Change): object {
  return {
    kind: change.kind,
    key: keyText(change.foreignKey),
    constraint: change.foreignKey.name,
    child: change.foreignKey.child,
    columns: change.foreignKey.columns,
    parent: change.foreignKey.parent,
    parentColumns: change.foreignKey.parentColumns,
    from: clauseData(change.from),
    to: clauseData(change.to),
    rule: change.rule,
  };
}

function clauseData(clause: DeleteClause): object {
  return { onDelete: clause.onDelete, onDeleteColumns: clause.onDeleteColumns, text: clauseText(clause) };
}

function refusalData(refusal: Refusal): object {
  return { ...changeData(refusal.change), hazards: refusal.hazards.map(hazardData) };
}

function hazardData(hazard: Hazard): object {
  const entry = entryOf(hazard.code);
  return {
    ...hazard,
    grade: entry?.grade ?? null,
    title: entry?.title ?? '',
    effect: entry?.effect ?? '',
    help: entry?.help ?? '',
  };
}

/** A finding with the catalogue's words; whatever else it holds stays. */
export function findingData(finding: Finding): object {
  const entry = entryOf(finding.code);
  return { ...finding, title: entry?.title ?? '', effect: entry?.effect ?? '', help: entry?.help ?? '' };
}

function text(report: object): string {
  return JSON.stringify(report, null, 2);
}
