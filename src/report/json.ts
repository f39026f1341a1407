/** Reports for machines: `"version": 1`, stable names, everything that the text says. */
import { inOneLine } from './layout.ts';
import { keyText } from '../core/names.ts';
import { visibleLines } from '../core/visible.ts';
import type { Server, Statement, Step, StepBody } from '../core/model.ts';
import type { ReachChange } from '../reach/diff.ts';
import type { ReachSummary } from '../reach/summary.ts';
import type { Result } from '../rehearsal/results.ts';
import { changeData, findingData, hazardData, reachData, refusalData } from './data.ts';
import type { DiffReport } from './text/diff.ts';
import type { LintReport } from './text/lint.ts';
import type { ModelSection } from './text/models.ts';
import type { PreviewReport } from './text/plan.ts';
import type { ReachReport } from './text/reach.ts';
import type { VerifyReport } from './text/verify.ts';

export function diffJson(report: DiffReport): string {
  return reportJson('diff', report.database, diffData(report));
}

/** Databases that say the same are one report. */
export function diffsJson(
  reports: readonly { readonly databases: readonly string[]; readonly report: DiffReport }[],
): string {
  const each = reports.map(({ databases, report }) => ({ databases, ...diffData(report) }));
  return visibleLines(JSON.stringify({ version: 1, report: 'diff-of-several', reports: each }, null, 2));
}

function diffData(report: DiffReport): object {
  const { diff } = report;
  return {
    server: diff.snapshot.server,
    policy: report.policyFile,
    inPolicy: report.exitCode === 0,
    summary: {
      keys: diff.matching + diff.undecided + diff.changes.length,
      asDeclared: diff.matching,
      toChange: report.possible.length,
      cannotBeChanged: report.refusals.length,
      withoutRule: diff.undecided,
    },
    changes: report.possible.map(changeData),
    refused: report.refusals.map(refusalData),
    findings: diff.findings.map(findingData),
    baseline: { known: report.known.map(findingData), gone: report.gone },
  };
}

export function verifyJson({ database, rehearsal, notRehearsed, accepted }: VerifyReport): string {
  const keys = rehearsal?.keys ?? [];
  const number = (result: Result): number => keys.filter((key) => key.result === result).length;
  return reportJson('verify', database, {
    scratch: rehearsal?.scratch ?? null,
    server: rehearsal?.server ?? null,
    notes: rehearsal?.notes ?? [],
    summary: {
      proven: number('proven'),
      disproved: number('disproved'),
      notTried: number('not tried'),
      accepted: accepted.length,
      notRehearsed: notRehearsed.length,
    },
    failures: rehearsal?.failures ?? [],
    keys: keys.map(({ change, result, trials }) => ({
      ...changeData(change),
      proven: result === 'proven',
      result,
      accepted: accepted.includes(change),
      trials,
    })),
    notRehearsed: notRehearsed.map(({ change, why }) => ({ ...changeData(change), why })),
    fingerprints: rehearsal === null ? null : { before: rehearsal.before, after: rehearsal.after },
  });
}

export function previewJson({
  database,
  plan,
  figures,
  reach,
  files,
  commands,
  models,
}: PreviewReport): string {
  const figuresOf = new Map(figures.map((one) => [one.key, one]));
  return reportJson('generate', database, {
    server: plan.server,
    changes: plan.changes.map((change) => {
      const known = figuresOf.get(change.foreignKey);
      return {
        ...changeData(change),
        orphans: known?.orphans ?? null,
        childRows: known?.childRows ?? null,
      };
    }),
    refused: plan.refusals.map(refusalData),
    hazards: plan.hazards.map(hazardData),
    steps: plan.steps.map(stepData),
    reach,
    files,
    run: inOneLine(commands),
    models,
  });
}

export function reachJson({ database, server, reach, counted }: ReachReport): string {
  return reportJson('reach', database, { server, ...reachData(reach, counted) });
}

interface Head {
  readonly database: string;
  readonly server: Server;
}

/** The reach of all tables in numbers. */
export function reachSummaryJson({ database, server }: Head, tables: readonly ReachSummary[]): string {
  return reportJson('reach-summary', database, { server, tables });
}

export function reachDiffJson({ database, server }: Head, tables: readonly ReachChange[]): string {
  return reportJson('reach-diff', database, { server, tables });
}

export function lintJson({ database, findings, known, models }: LintReport): string {
  return reportJson('lint', database, {
    findings: findings.map(findingData),
    baseline: { known: known.map(findingData) },
    models: models === null ? null : modelData(models),
  });
}

function modelData(section: ModelSection): object {
  const { orm, source, keys, relationships, ignored, notes, findings, advice } = section;
  return { orm, source, keys, relationships, ignored, notes, findings: findings.map(findingData), advice };
}

function reportJson(report: string, database: string, content: object): string {
  return visibleLines(JSON.stringify({ version: 1, report, database, ...content }, null, 2));
}

function stepData(step: Step): object {
  return { ...step, keys: step.keys.map(keyText), up: bodyData(step.up), down: bodyData(step.down) };
}

/** Version 1 says work, probe and source for what the code calls operations, precheck and code. */
function bodyData(body: StepBody): object {
  if (body.kind === 'nothing') return body;
  const statementData = ({ operations, ...rest }: Statement): object => ({ ...rest, work: operations });
  return {
    ...body,
    statements: body.statements.map(statementData),
    always: body.always.map(statementData),
    fallback: body.fallback.map(({ precheck, name, code, argument }) => ({
      probe: precheck,
      name,
      source: code,
      argument,
    })),
  };
}
