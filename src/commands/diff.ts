/** `ondelete diff`: policy against database. */
import { severities, type Severity } from '../core/codes/index.ts';
import type { Change } from '../core/model.ts';
import type { Diff } from '../diff/diff.ts';
import { formats } from '../report/formats.ts';
import {
  databaseFlags,
  formatFlagOf,
  scratchFlag,
  type Arguments,
  type Command,
  type Context,
} from './shared/options.ts';
import { asConfigured } from '../config/severities.ts';
import { baselined, baselineFlag, writeBaseline, writeBaselineFlag } from './shared/baseline.ts';
import { policyFlags } from './shared/models.ts';
import { compare, refuseIdleScratch, type Comparison } from './shared/compare.ts';
import { narrowed, sinceFlag } from './shared/since.ts';
import { existingFiles, folderOf } from './shared/pipeline.ts';
import { migrationStatuses as standings } from '../plan/pending.ts';
import { pendingFindings } from '../rehearsal/receipts.ts';
import { assess } from '../plan/plan.ts';
import { count } from '../report/layout.ts';
import { printDiff } from './shared/diff-formats.ts';

export const diffCommand: Command = {
  flags: {
    ...databaseFlags,
    ...policyFlags,
    ...scratchFlag,
    ...formatFlagOf(...formats),
    ...baselineFlag,
    ...writeBaselineFlag,
    ...sinceFlag,
    'fail-on': {
      type: 'string',
      choices: severities,
      default: 'error',
      describe: 'The least severe finding that makes the exit code 1',
    },
  },
  async run(args, context) {
    await refuseIdleScratch(args, context);
    const decided = await compare(args, context);
    const { source, policyFile } = decided;
    try {
      const pending = await pendingOf(decided, args, context);
      const all = [...decided.diff.findings, ...pending.findings];
      const { diff: seen, left } = await narrowed({ ...decided.diff, findings: all }, decided, args, context);
      writeBaseline(seen.findings, args, context);
      const { fresh, known, gone } = baselined(seen.findings, args, context);
      const diff = { ...seen, findings: fresh };
      const { snapshot, schema, engine: dialect } = source;
      const capabilities = dialect.capabilities(snapshot.server);
      const assessment = assess(diff.changes, schema, dialect, capabilities, {
        allowances: [],
        circumstances: [],
        paths: decided.paths,
      });
      const report = {
        database: source.label,
        policyFile,
        diff,
        possible: assessment.possible,
        refusals: assessment.refusals,
        known,
        gone,
        run: assessment.possible.every((change) => pending.written.has(change)) ? pending.howToRun : null,
        exitCode: exitCodeOf(diff, args['failOn'] as Severity),
      };
      if (left !== null) {
        context.log(
          `Only what changed since ${left.since}: ${count(left.changes, 'difference')} and ${count(left.findings, 'finding')} left out.`,
        );
      }
      await printDiff(report, decided, assessment, args, context);
      return report.exitCode;
    } finally {
      await source.close();
    }
  },
};

/** What the folder of the migrations says of the diff. */
interface Pending {
  readonly findings: Diff['findings'];
  /** Changes that a file holds which is not applied yet. */
  readonly written: ReadonlySet<Change>;
  readonly howToRun: string | null;
}

/** An unknown tool and a folder that cannot be read are the business of `generate`. */
async function pendingOf(decided: Comparison, args: Arguments, context: Context): Promise<Pending> {
  const { config, diff, source } = decided;
  const nothing: Pending = { findings: [], written: new Set(), howToRun: null };
  if (diff.changes.length === 0) return nothing;
  const found = await folderOf(decided, args, context)
    .then((folder) => ({ ...folder, files: existingFiles(folder.out, folder.template) }))
    .catch(() => null);
  if (found === null) return nothing;
  const { template, files, shownOut } = found;
  const { snapshot, schema, engine: dialect } = source;
  const standing = standings(diff.changes, files, template, schema, dialect);
  const pending = pendingFindings(standing, files, template, schema, dialect);
  return {
    findings: asConfigured(pending, config.findings, snapshot, dialect.names(snapshot.server)),
    written: new Set(standing.flatMap((one) => (one.kind === 'written' ? [one.change] : []))),
    howToRun: template.howToRun(snapshot.server.flavor, shownOut),
  };
}

/** A difference is always 1; a finding from the severity on that --fail-on names. */
function exitCodeOf(diff: Diff, failOn: Severity): 0 | 1 {
  const counts = severities.slice(0, severities.indexOf(failOn) + 1);
  const failing = diff.findings.some(
    (finding) => counts.includes(finding.severity) && !unmendable.has(finding.code),
  );
  return diff.changes.length > 0 || failing ? 1 : 0;
}

/** Notices that hold for every database of a kind: nobody could ever bring the exit code back to 0. */
const unmendable: ReadonlySet<string> = new Set(['FOREIGN_KEYS_PRAGMA']);
