// Details come with and without a full stop at the end; what is printed has one exactly where a sentence follows.
import { expect, test } from '@jest/globals';
import { joinDetail, joinDetails, problemsOf } from '../../src/report/content.ts';
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
