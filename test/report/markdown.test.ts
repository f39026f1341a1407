// The comment for a pull request: no name can break out of it, and it never grows over the limit of the site.
import { visible } from '../../src/core/visible.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fit } from '../../src/report/markdown/fit.ts';
import { code, fenced, prose } from '../../src/report/escape.ts';
import { commentLimit, markdown } from '../../src/report/markdown/diff.ts';
import { change, foreignKey } from '../builders.ts';

const hostile = 'a|b`c</code><script>@octocat #12 https://x.y **z** [l](u) ![i](u) GH-7 _e_ ~~s~~ $1 &lt;';

/** What a browser shows of a text of ours. */
function shown(text: string): string {
  return text
    .replaceAll('<!-- -->', '')
    .replace(/&#(\d+);/g, (_, number: string) => String.fromCodePoint(Number(number)))
    .replaceAll('&amp;', '&');
}

describe('names and prose', () => {
  test('read as they are and hold no sign that Markdown, HTML or a site acts on', () => {
    for (const made of [code(hostile), prose(hostile)]) {
      expect(shown(made.replace(/^<code>|<\/code>$/g, ''))).toBe(hostile);
      const bare = made.replace(/<!-- -->|^<code>|<\/code>$/g, '\u0001');
      expect(bare).not.toMatch(/[|`<>*[\]~]|@\w|(?<!&)#\d|:\/\//);
    }
  });

  test('any text at all: nothing is lost, nothing acts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const plain = visible(text);
        const inner = /^<code>(.*)<\/code>$/.exec(code(text))?.[1];
        expect(inner).toBeDefined();
        expect(shown(inner ?? '')).toBe(plain);
        expect(inner).not.toMatch(/[|`<>*[\]~\n@]/);
        expect(shown(prose(text))).toBe(plain);
      }),
    );
  });

  test('direction and control signs become visible', () => {
    expect(code('a\u202Eb\u0007')).toBe('<code>a&#92;u202eb&#92;u0007</code>');
  });

  test('a fence is longer than any run of backticks in the code', () => {
    expect(fenced('a ```` b', 'sql')).toEqual(['`````sql', 'a ```` b', '`````']);
    expect(fenced('plain', '')).toEqual(['```', 'plain', '```']);
  });
});

describe('the limit', () => {
  test('every section gets its share, and what was cut is counted', () => {
    const section = (noun: string, number: number): Parameters<typeof fit>[0][number] => ({
      noun,
      before: [`# ${noun}`],
      items: Array.from({ length: number }, (_, at) => `${noun} ${at} ${'x'.repeat(50)}`),
      after: [],
    });
    const text = fit([section('long', 100), section('short', 2)], 1000, (cut) =>
      cut.map(({ noun, left, all }) => `${left} of ${all} ${noun}`).join(),
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000);
    expect(Buffer.byteLength(text)).toBeGreaterThan(900);
    expect(text).toContain('short 1 ');
    const long = text.split('\n').filter((line) => /^long \d/.test(line)).length;
    expect(text).toMatch(new RegExp(`${100 - long} of 100 long$`));
  });

  test.each([3, 5000])('a comment about %d keys', (number) => {
    const changes = Array.from({ length: number }, (_, at) =>
      change('CASCADE', foreignKey({ columns: [`column_${at}_é|@octocat`] })),
    );
    const text = markdown({
      database: 'd',
      server: { flavor: 'postgres', product: 'PostgreSQL 16', version: [16], settings: {} },
      policyFile: 'ondelete.config.yaml',
      changes,
      refusals: [],
      findings: [],
      known: 0,
      reach: [],
      plan: null,
      figures: [],
      files: [],
      commands: null,
      models: null,
      wholeList: 'ondelete diff',
    });
    expect(text.length).toBeLessThanOrEqual(commentLimit);
    expect(text.startsWith('<!-- ondelete -->\n### ondelete: ')).toBe(true);
    const rows = text.split('\n').filter((line) => line.startsWith('| <code>'));
    for (const row of rows) expect(row.split('|')).toHaveLength(5);
    if (number === 3) expect([rows.length, text.includes('not shown')]).toEqual([3, false]);
    else
      expect(text).toContain(`${(number - rows.length).toLocaleString('en-US')} of 5,000 changes not shown`);
  });
});
