// What the command line prints in each format, for a small shop with one key that differs.
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Log } from 'sarif';
import { githubText } from '../../src/report/github.ts';
import { mermaid } from '../../src/report/graph/mermaid.ts';
import { dot } from '../../src/report/graph/dot.ts';
import { sarifText } from '../../src/report/sarif.ts';
import { formats } from '../../src/report/formats.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
});
afterAll(() => place.remove());

describe('markdown', () => {
  test('diff: changes, reach, locks and the way back', async () => {
    const { code, stdout } = await place.run(['diff', '--format', 'markdown']);
    expect(code).toBe(1);
    expect(stdout).toContain(
      '### ondelete: 1 key will change, deletes in 1 table will also delete other rows',
    );
    expect(stdout).toMatch(
      /\| <code>orders<\/code> \| ⚠️ \*\*also deletes\*\* rows of <code>order_items<\/code> \|/,
    );
    expect(stdout).toContain('blocks reads and writes');
    expect(stdout).toContain('How to roll back');
    expect(stdout.match(/<details/g)).toHaveLength(stdout.match(/<\/details>/g)?.length ?? 0);
  });

  test('generate: the preview has rows, what is written has files', async () => {
    const preview = await place.run(['generate', '--dry-run', '--format', 'markdown']);
    expect(preview.stdout).toMatch(/\*\*CASCADE\*\* \| 3 \|/);
    const written = await place.run(['generate', 'x', '--out', 'made', '--format', 'markdown']);
    expect(written.code).toBe(0);
    expect(written.stdout).toMatch(/- <code>made&#47;|- <code>made\/.*_x/);
  });

  test('nothing differs', async () => {
    place.write('same.yaml', shopConfig.replace('cascade', 'refuse'));
    const { code, stdout } = await place.run(['diff', '--config', 'same.yaml', '--format', 'markdown']);
    expect([code, stdout.includes('### ondelete: nothing differs from the policy')]).toEqual([0, true]);
  });
});

describe('github', () => {
  test('paths count from the root of the repository', async () => {
    mkdirSync(place.path('.git'), { recursive: true });
    mkdirSync(place.path('deep'), { recursive: true });
    const { stdout } = await ondelete(['diff', '--format', 'github', '-d', '../shop.db'], {
      cwd: place.path('deep'),
    });
    expect(stdout).toMatch(
      /^::error file=ondelete\.config\.yaml,line=4,col=14,title=NOT_IN_POLICY%3A [^:]*::/,
    );
  });

  test('keys of a rule are one annotation: GitHub shows ten of a kind', () => {
    const problem = (subject: string): Parameters<typeof githubText>[0][number] => ({
      code: 'NOT_IN_POLICY',
      level: 'error',
      title: 't',
      message: `${subject} is NO ACTION`,
      line: `${subject}: NO ACTION → CASCADE`,
      shared: 'goes with the user',
      subject,
      position: { file: 'a.yaml', line: 1, column: 2 },
    });
    const keys = Array.from({ length: 30 }, (_, at) => problem(`k${at}`));
    const text = githubText(keys, (file) => file);
    expect(text.split('\n')).toHaveLength(1);
    expect(text).toMatch(/title=NOT_IN_POLICY%3A t \(30\)::goes with the user%0Ak0: NO ACTION → CASCADE%0A/);
    expect(text).toMatch(/%0Ak19: [^%]*%0Aand 10 more$/);
  });

  test('percent signs, line breaks, colons and commas are escaped', () => {
    const position = { file: 'a,b:c%.yaml', line: 1, column: 2 };
    const problem = {
      code: 'X',
      level: 'info',
      title: 't',
      message: '1%\n::error::',
      line: 'l',
      shared: '',
      subject: 's',
      position,
    } as const;
    expect(githubText([problem], (file) => file)).toBe(
      '::notice file=a%2Cb%3Ac%25.yaml,line=1,col=2,title=X%3A t::1%25%0A::error::',
    );
  });
});

describe('sarif', () => {
  test('rules, places and fingerprints hang together', async () => {
    const { stdout } = await place.run(['diff', '--format', 'sarif']);
    const log = JSON.parse(stdout) as Log;
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    const rules = run?.tool.driver.rules ?? [];
    const results = run?.results ?? [];
    expect(results.length).toBeGreaterThan(1);
    for (const result of results) {
      expect(rules[result.ruleIndex ?? -1]?.id).toBe(result.ruleId);
      expect(['error', 'warning', 'note']).toContain(result.level);
      expect(result.message.text).not.toBe('');
      const place = result.locations?.[0]?.physicalLocation;
      expect(place?.artifactLocation?.uri).toMatch(/^[^/:\\][^:\\]*$/);
      expect(place?.region?.startLine).toBeGreaterThanOrEqual(1);
      expect(place?.region?.startColumn).toBeGreaterThanOrEqual(1);
    }
    const prints = results.map((result) => result.partialFingerprints?.['ondeleteKey/v1']);
    expect(new Set(prints).size).toBe(prints.length);
  });

  test('a rule that moves down the file keeps its fingerprint', () => {
    const at = (line: number): unknown => {
      const position = { file: 'a b.yaml', line, column: 1 };
      const problem = {
        code: 'X',
        level: 'error',
        title: 't',
        message: `m ${line}`,
        line: 'l',
        shared: '',
        subject: 's',
        position,
      } as const;
      const log = JSON.parse(sarifText([problem], 'p', (file) => file)) as Log;
      expect(log.runs[0]?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe(
        'a%20b.yaml',
      );
      return log.runs[0]?.results?.[0]?.partialFingerprints;
    };
    expect(at(3)).toEqual(at(300));
  });
});

describe('pictures', () => {
  const bad = foreignKey({ child: { schema: '', name: 'a"];\\ -->|x| <b>#' } });
  test('mermaid: no sign of a name acts, changes are thick', () => {
    const text = mermaid(snapshotOf([bad]), [change('CASCADE', bad)]);
    expect(text).toContain('["a#34;#93;#59;#92; --#62;#124;x#124; #60;b#62;#35;"]');
    expect(text).toMatch(/t\d ==>\|"[^"|]*"\| t\d/);
    expect(text).toContain('stroke-width:4px');
    expect(mermaid(snapshotOf([bad]), [])).toMatch(/t\d -->\|/);
  });
  test('dot: quotes and backslashes are escaped', () => {
    const text = dot(snapshotOf([bad]), [change('CASCADE', bad)]);
    expect(text).toContain('[label="a\\"];\\\\ -->|x| <b>#"]');
    expect(text).toContain('penwidth=3');
  });
});

test('an unknown format is answered with the list in one line', async () => {
  const { code, stderr, stdout } = await place.run(['diff', '--format', 'pdf']);
  expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
  for (const format of formats) expect(stderr).toContain(`"${format}"`);
});

test('each format has a file of its own', () => {
  const files: Readonly<Record<string, string>> = {
    text: 'text/diff',

    markdown: 'markdown/diff',
    mermaid: 'graph/mermaid',
    dot: 'graph/dot',
  };
  for (const format of formats) {
    const path = new URL(`../../src/report/${files[format] ?? format}.ts`, import.meta.url);
    expect(readFileSync(path, 'utf8')).not.toBe('');
  }
});
