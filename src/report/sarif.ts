/** SARIF 2.1.0, which code scanning services read: rules from the catalogue, results at lines of the policy file. */
import { createHash } from 'node:crypto';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import { entryOf } from '../core/codes/index.ts';
import { differs, type Problem } from './problems.ts';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * @param pathOf a file as the policy names it → its path from the root of the repository
 * @param policyFile where a result without a place of its own points: services refuse results without one
 * @returns a SARIF log as JSON text
 */
export function sarifText(
  problems: readonly Problem[],
  policyFile: string,
  pathOf: (file: string) => string,
): string {
  const codes = [...new Set(problems.map((problem) => problem.code))].sort();
  const log: Log = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'ondelete', rules: codes.map(rule) } },
        columnKind: 'utf16CodeUnits',
        results: results(problems, codes, policyFile, pathOf),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function rule(code: string): ReportingDescriptor {
  const entry = code === differs.code ? differs : entryOf(code);
  return {
    id: code,
    shortDescription: { text: entry?.title ?? code },
    fullDescription: { text: entry?.effect ?? code },
    help: { text: entry?.help ?? code },
  };
}

function results(
  problems: readonly Problem[],
  codes: readonly string[],
  policyFile: string,
  pathOf: (file: string) => string,
): Result[] {
  const seen = new Map<string, number>();
  return problems.map((problem) => {
    // Neither line nor wording: a result stays the same when the rule moves down the file.
    const same = JSON.stringify([problem.code, problem.subject]);
    const number = (seen.get(same) ?? 0) + 1;
    seen.set(same, number);
    const { position } = problem;
    return {
      ruleId: problem.code,
      ruleIndex: codes.indexOf(problem.code),
      level: levels[problem.level],
      message: { text: problem.message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(pathOf(position?.file ?? policyFile)) },
            region: { startLine: position?.line ?? 1, startColumn: position?.column ?? 1 },
          },
        },
      ],
      partialFingerprints: {
        'ondeleteKey/v1': `${createHash('sha256').update(same).digest('hex').slice(0, 32)}:${number}`,
      },
    };
  });
}

/** A relative reference: blanks and signs with a meaning in a URI are written as such, slashes stay. */
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
