/** `ondelete diff`: policy against database. */
import type { Diff } from '../diff.ts';
import { databaseFlags, formatFlag, type Command } from './command.ts';
import { decideAll } from './decided.ts';

const severities = ['error', 'warning', 'info'] as const;
type Severity = (typeof severities)[number];

export const diffCommand: Command = {
  flags: {
    ...databaseFlags,
    ...formatFlag,
    'fail-on': {
      type: 'string',
      choices: severities,
      default: 'error',
      describe: 'The least severe finding that makes the exit code 1',
    },
  },
  async run(args, context) {
    const { source, diff, policyFile } = await decideAll(args, context);
    try {
      const { assess } = await import('../plan.ts');
      const { snapshot, dialect } = source;
      const capabilities = dialect.capabilities(snapshot.server);
      const assessment = assess(diff.changes, snapshot, dialect, capabilities, {
        allowances: [],
        circumstances: [],
      });
      const report = {
        database: source.label,
        policyFile,
        diff,
        possible: assessment.possible,
        refusals: assessment.refusals,
        exitCode: exitCodeOf(diff, args['failOn'] as Severity),
      };
      if (args['format'] === 'json') {
        const { diffJson } = await import('../report/json.ts');
        context.print(diffJson(report));
      } else {
        const { diffText } = await import('../report/diff-text.ts');
        context.print(diffText(report, context.page).join('\n'));
      }
      return report.exitCode;
    } finally {
      await source.close();
    }
  },
};

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
