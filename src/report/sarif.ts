/** SARIF 2.1.0, for code scanning services: rules from the catalogue, results at lines of the policy file. */
import { createHash } from 'node:crypto';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import { visibleLines } from '../core/visible.ts';
import { type Problem, proseOf } from './content.ts';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * @param pathOf a file as the policy names it → its path from the root of the repository
 * @param policyFile where a result without a place of its own points: services refuse results without one
 */
export function sarifText(
  problems: readonly Problem[],
  policyFile: string,
  pathOf: (file: string) => string,
): string {
  const codes = [...new Set(problems.map((problem) => problem.code))].sort();
  const seen = new Map<string, number>();
  const results = problems.map(({ code, level, message, subject, position }): Result => {
    // Neither line nor wording, so that a result stays the same when the rule moves down the file.
    const identity = JSON.stringify([code, subject]);
    const number = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, number);
    const hash = createHash('sha256').update(identity).digest('hex').slice(0, 32);
    return {
      ruleId: code,
      ruleIndex: codes.indexOf(code),
      level: levels[level],
      message: { text: message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(pathOf(position?.file ?? policyFile)) },
            region: { startLine: position?.line ?? 1, startColumn: position?.column ?? 1 },
          },
        },
      ],
      partialFingerprints: { 'ondeleteKey/v1': `${hash}:${number}` },
    };
  });
  const log: Log = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'ondelete', rules: codes.map(rule) } },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
  return visibleLines(JSON.stringify(log, null, 2));
}

function rule(code: string): ReportingDescriptor {
  const { title, effect, help } = proseOf(code);
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: effect },
    help: { text: help },
  };
}

/** A relative reference: slashes stay, everything else that a URI gives a meaning is encoded. */
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
