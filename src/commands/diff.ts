/** `ondelete diff`: policy against database. */
import type { Diff } from '../diff.ts';
import { formats } from '../report/formats.ts';
import { databaseFlags, formatFlagOf, type Arguments, type Command, type Context } from './command.ts';
import { asConfigured } from '../finding-settings.ts';
import { baselined, baselineFlag, writeBaseline, writeBaselineFlag } from './baseline.ts';
import { policyFlags } from './models.ts';
import { decideAll, type Decided } from './decided.ts';

const severities = ['error', 'warning', 'info'] as const;
type Severity = (typeof severities)[number];

export const diffCommand: Command = {
  flags: {
    ...databaseFlags,
    ...policyFlags,
    ...formatFlagOf(...formats),
    ...baselineFlag,
    ...writeBaselineFlag,
    'fail-on': {
      type: 'string',
      choices: severities,
      default: 'error',
      describe: 'The least severe finding that makes the exit code 1',
    },
  },
  async run(args, context) {
    const decided = await decideAll(args, context);
    const { source, policyFile } = decided;
    try {
      const pending = await withPending(decided, args, context);
      await writeBaseline(pending.findings, args, context);
      const { fresh, known, gone } = await baselined(pending.findings, args, context);
      const diff = { ...pending, findings: fresh };
      const { assess } = await import('../plan.ts');
      const { snapshot, dialect } = source;
      const capabilities = dialect.capabilities(snapshot.server);
      const assessment = assess(diff.changes, snapshot, dialect, capabilities, {
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
        exitCode: exitCodeOf(diff, args['failOn'] as Severity),
      };
      const { printDiff } = await import('./diff-formats.ts');
      await printDiff(report, decided, assessment, args, context);
      return report.exitCode;
    } finally {
      await source.close();
    }
  },
};

/** The diff with what the folder of the migrations says; an unknown tool and a folder that cannot be read are the business of `generate`. */
async function withPending(decided: Decided, args: Arguments, context: Context): Promise<Diff> {
  const { config, diff, source } = decided;
  if (diff.changes.length === 0) return diff;
  const [{ existingFiles, folderOf }, { standings }, { pendingFindings }] = await Promise.all([
    import('./work.ts'),
    import('../standings.ts'),
    import('../verify/receipts.ts'),
  ]);
  const found = await folderOf(decided, args, context)
    .then(({ template, out }) => ({ template, files: existingFiles(out, template) }))
    .catch(() => null);
  if (found === null) return diff;
  const { template, files } = found;
  const { snapshot, dialect } = source;
  const standing = standings(diff.changes, files, template, snapshot, dialect);
  const pending = pendingFindings(standing, files, template, snapshot);
  const names = dialect.names(snapshot.server);
  return {
    ...diff,
    findings: [...diff.findings, ...asConfigured(pending, config.findings, snapshot, names)],
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
