// Details come with and without a full stop at the end; what is printed has one exactly where a sentence follows.
import { expect, test } from '@jest/globals';
import { fewDetails, joinDetail, joinDetails, problemsOf } from '../../src/report/content.ts';
import { pageFor } from '../../src/report/layout.ts';
import { findingLines } from '../../src/report/text/diff.ts';
import { change } from '../builders.ts';

test.each([
  ['a', 'Do it.', 'a. Do it.'],
  ['a.', 'Do it.', 'a. Do it.'],
  ['a, such as …', 'Do it.', 'a, such as … Do it.'],
  ['a.', '; b', 'a; b'],
  ['a', '; b', 'a; b'],
  ['a.', ')', 'a)'],
  ['One. Two.', '; b', 'One. Two; b'],
])('%j, then %j', (detail, next, expected) => {
  expect(joinDetail(detail, next)).toBe(expected);
});

test('a list keeps no full stop before a semicolon', () => {
  expect(joinDetails(['a.', 'b', 'c.', 'and 2 more'])).toBe('a; b; c; and 2 more');
  expect(joinDetails(['a.'])).toBe('a.');
});

test('many keys without a rule are one entry with their number, and few are an entry each', () => {
  const position = { file: 'c.yaml', line: 2, column: 3 };
  const without = (count: number) =>
    findingLines(
      Array.from({ length: count }, (_, at) => ({
        ...({ code: 'NO_RULE', severity: 'error', detail: 'no rule', position } as const),
        subject: `audit_${at} -> users`,
      })),
      pageFor({ columns: 80, color: false }),
    );
  expect(without(21).slice(3, 8)).toEqual([
    '      c.yaml:2:3  no rule: 21 of them',
    ...[0, 1, 2].map((at) => `        audit_${at} -> users`),
    '        … and 18 more (--format json lists all)',
  ]);
  expect(without(3).slice(3, 6)).toEqual(
    [0, 1, 2].map((at) => `      c.yaml:2:3  audit_${at} -> users: no rule`),
  );
});

test('messages of findings and refusals end their details once', () => {
  const finding = { severity: 'error', subject: 's', position: null } as const;
  const asked = change('CASCADE');
  const refusal = {
    change: { ...asked, rule: { ...asked.rule, reason: 'part of it.' } },
    hazards: [{ code: 'PATH_OPENED', subject: 's', detail: 'a path.' }],
  } as const;
  const problems = problemsOf({
    possible: [],
    refusals: [refusal],
    findings: [
      { ...finding, code: 'NO_RULE', detail: 'its action is CASCADE.' },
      { ...finding, code: 'NO_KEYS', detail: '' },
    ],
  });
  expect(problems).toHaveLength(3);
  expect(problems[0]?.message).toContain('asks for CASCADE (part of it). change that opens a path');
  expect(problems[1]?.message).toContain('s: its action is CASCADE. Add a rule');
  expect(problems[2]?.message).toContain('s. Check the URL');
  for (const { message } of problems) expect(message).not.toMatch(/\.[.;)]/);
});

test('details of a notice: each once, the first few', () => {
  const cases = ['a', 'a', 'b.', 'c', 'd', 'd'].map((detail) => ({
    code: 'NOT_OWNER',
    subject: 's',
    detail,
  }));
  expect(fewDetails(cases, 2)).toBe('a; b; and 2 more');
  expect(fewDetails(cases, 4)).toBe('a; b; c; d');
});
