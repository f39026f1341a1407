// Configurations that cannot be read: each mistake is told with its place.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../support/configs.ts';

const QUOTES = "Put the whole pattern in single quotes, such as 'audit_* -> users'.";

const inPolicy = (rules: string): string => `policy:\n  default: error\n  rules:\n${rules}\n`;

describe('a configuration that cannot be read is told with its place', () => {
  test.each([
    [
      'tool: [1',
      'CONFIG_INVALID c.yaml:1:9: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] | Correct the file at this place.',
    ],
    [
      'a:\n\tb: 1',
      'CONFIG_INVALID c.yaml:2:1: not YAML: Tabs are not allowed as indentation | Correct the file at this place.',
    ],
    [
      'tool: a\ntool: b',
      'CONFIG_INVALID c.yaml:2:1: not YAML: Map keys must be unique | Correct the file at this place.',
    ],
    [
      'tool: a\n---\ntool: b',
      'CONFIG_INVALID c.yaml:2:1: a second YAML document; a configuration is a single one',
    ],
    ['- a', 'CONFIG_INVALID c.yaml:1:1: the configuration must be a mapping of keys to values, not a list'],
    ['text', 'CONFIG_INVALID c.yaml:1:1: the configuration must be a mapping of keys to values, not text'],
    ['? [a]\n: b', 'CONFIG_INVALID c.yaml:1:3: a key must be a word | ' + QUOTES],
    [
      'databse: x',
      'CONFIG_INVALID c.yaml:1:1: unknown key `databse`; did you mean `database`? | Known here: database, schemas, exclude, tool, out, scratch, orm, severity, ignore, policy.',
    ],
    [
      'x: 1\ny: 2\nz: 3',
      'CONFIG_INVALID c.yaml:1:1: unknown key `x`. Known here: database, schemas, exclude, tool, out, scratch, orm, severity, ignore, policy.\n  c.yaml:2:1: unknown key `y`\n  c.yaml:3:1: unknown key `z`',
    ],
    [
      '__proto__: 1',
      'CONFIG_INVALID c.yaml:1:1: unknown key `__proto__` | Known here: database, schemas, exclude, tool, out, scratch, orm, severity, ignore, policy.',
    ],
    ['\n  names: {}', 'CONFIG_INVALID c.yaml:2:3: this version does not support `names` yet | Remove it.'],
    ['database: 5', 'CONFIG_INVALID c.yaml:1:11: `database` must be a URL or a path, not 5'],
    ['out:', 'CONFIG_INVALID c.yaml:1:5: `out` must be a folder, not nothing'],
    ['schemas: public', 'CONFIG_INVALID c.yaml:1:10: `schemas` must be a list, not text | ' + QUOTES],
    [
      'schemas: [a, 1]',
      'CONFIG_INVALID c.yaml:1:14: `schemas[1]` must be the name of a schema or a glob, not 1 | ' + QUOTES,
    ],
    ['{"tool": "sql",\n "out": 1}', 'CONFIG_INVALID c.yaml:2:9: `out` must be a folder, not 1'],
    [
      'policy:\n  default: erorr\n  rules: []',
      'CONFIG_INVALID c.yaml:2:12: `policy.default`: `erorr` is not an action; did you mean `error`?',
    ],
    [inPolicy('    - onDelete: cascade'), 'CONFIG_INVALID c.yaml:4:7: `policy.rules[0].match` is missing'],
    [
      inPolicy('    - match: a -> b\n      ondelete: cascade'),
      'CONFIG_INVALID c.yaml:5:7: unknown key `ondelete`; did you mean `onDelete`? | Known here: match, except, constraint, when, onDelete, reason, optional.',
    ],
    [
      inPolicy(
        "    - match: ['a', 'b ->']\n      onDelete: set null (,)\n    - match: c\n      onDelete: keep",
      ),
      [
        "POLICY_INVALID c.yaml:4:17: pattern 'a': `->` is missing; a pattern is written `child -> parent`. Write it as 'child -> parent', such as 'order_items(order_id) -> orders'.",
        "c.yaml:4:25: pattern 'b ->': a name is missing",
        "c.yaml:5:27: action 'set null (,)': a name is missing. Write it as `set null (column, …)`, with columns of the key.",
        "c.yaml:6:15: pattern 'c': `->` is missing; a pattern is written `child -> parent`. Put the whole pattern in single quotes, such as 'audit_* -> users'.",
      ].join('\n  '),
    ],
    [
      inPolicy('    - match: [a(b, c) -> d]\n      onDelete: keep'),
      `POLICY_INVALID c.yaml:4:18: pattern 'a(b': \`)\` is missing. ${QUOTES}\n  c.yaml:4:21: pattern 'c) -> d': unexpected \`)\`; put a name with spaces or other special characters in "double quotes"`,
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: casade'),
      'CONFIG_INVALID c.yaml:5:17: `policy.rules[0].onDelete`: `casade` is not an action; did you mean `cascade`?',
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: drop'),
      'CONFIG_INVALID c.yaml:5:17: `policy.rules[0].onDelete`: `drop` is not an action (cascade, set null, set default, restrict, no action, refuse, keep)',
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: set null (a'),
      'CONFIG_INVALID c.yaml:5:17: `policy.rules[0].onDelete`: `)` is missing',
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: set null (a*)'),
      "POLICY_INVALID c.yaml:5:26: action 'set null (a*)': a column list takes names, not globs (* ? {}) | Write it as `set null (column, …)`, with columns of the key.",
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: keep\n      when: {nullable: yes}'),
      'CONFIG_INVALID c.yaml:6:24: `policy.rules[0].when.nullable` must be true or false, not text',
    ],
    [
      inPolicy('    - match: a -> b\n      onDelete: keep\n      when: {from: keep}'),
      'CONFIG_INVALID c.yaml:6:20: `policy.rules[0].when.from`: `keep` is not an action (cascade, set null, set default, restrict, no action, refuse)',
    ],
    [
      inPolicy("    - match: ['a -> b', 5]\n      onDelete: keep"),
      'CONFIG_INVALID c.yaml:4:25: `policy.rules[0].match[1]` must be a pattern or a list of patterns, `child -> parent`, not 5 | ' +
        QUOTES,
    ],
    [
      inPolicy('    - match: []\n      onDelete: keep'),
      'CONFIG_INVALID c.yaml:4:14: `policy.rules[0].match` must be a pattern or a list of patterns, `child -> parent`, not an empty list',
    ],
    [
      inPolicy("    - match: 'it''s -> a b'\n      onDelete: keep"),
      "POLICY_INVALID c.yaml:4:26: pattern 'it's -> a b': unexpected `b`; put a name with spaces or other special characters in \"double quotes\" | Write it as 'child -> parent', such as 'order_items(order_id) -> orders'.",
    ],
    [
      inPolicy("    - match: &a ['x -> y', *a]\n      onDelete: keep"),
      'CONFIG_INVALID c.yaml:4:28: an alias stands inside the value that it stands for',
    ],
  ])('%j', async (text, failure) => {
    expect(await failureOf(text)).toBe(failure);
  });

  test.each([
    ['    - match: * -> users', 'c.yaml:4:14: not YAML: an unquoted `*` is an alias in YAML'],
    ['    - match: *_log -> users', 'c.yaml:4:20: not YAML: Unexpected scalar at node end'],
    [
      '    - match: *_log',
      'c.yaml:4:14: an unquoted `*` is an alias in YAML, and no anchor is called `_log`',
    ],
    ['    - match: {a,b} -> users', 'c.yaml:4:20: not YAML: Unexpected scalar at node end'],
    ['    - match: "a b" -> users', 'c.yaml:4:20: not YAML: Unexpected scalar at node end'],
    ['    - match:\n        - "a b" -> users', 'c.yaml:5:17: not YAML: Unexpected scalar at node end'],
    [
      '    - match: {a,b}\n      onDelete: keep',
      'c.yaml:4:14: `policy.rules[0].match` must be a pattern or a list of patterns, `child -> parent`, not a mapping',
    ],
    [
      '    - match: a -> "b #c"\n      onDelete: keep',
      "c.yaml:4:19: pattern 'a -> \"b': the closing double quote is missing",
    ],
    [
      '    - match: a #1 -> b\n      onDelete: keep',
      "c.yaml:4:15: pattern 'a': `->` is missing; a pattern is written `child -> parent`",
    ],
    ['    - match: a -> b: c', 'c.yaml:4:14: not YAML: Nested mappings are not allowed in compact mappings'],
  ])('what YAML makes of %j names the cure', async (rule, failure) => {
    expect(await failureOf(inPolicy(rule))).toMatch(/^(CONFIG|POLICY)_INVALID /);
    expect((await failureOf(inPolicy(rule))).replace(/^\w+ /, '')).toBe(`${failure} | ${QUOTES}`);
  });

  test('deep nesting and alias bombs neither crash nor hang', async () => {
    const bomb = [
      'a0: &a0 [x]',
      ...[...Array(12).keys()].map((n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`),
    ];
    for (const text of [
      '['.repeat(50_000),
      '- '.repeat(20_000),
      '? '.repeat(20_000),
      '{a: '.repeat(20_000),
      bomb.join('\n'),
    ]) {
      expect(await failureOf(text)).toMatch(
        /^CONFIG_INVALID c\.yaml:\d+:\d+: (the file is nested more than 50 levels deep|aliases stand for more than 1000 values)/,
      );
    }
  });

  test('a long policy without aliases is read', async () => {
    const rule = "    - match: 'a -> b'\n      onDelete: keep";
    expect(await failureOf(inPolicy(Array(30_000).fill(rule).join('\n')))).toBe('read');
  });

  test('any text is read or refused with a place', async () => {
    const signs = fc.string({
      unit: fc.constantFrom(
        ...Array.from('a:-[]{}&*!|>\'"%@` \n\t#?,~'),
        '\r\n',
        'policy:',
        'match: ',
        '  ',
        '- ',
      ),
      maxLength: 40,
    });
    const rule = fc.string({
      unit: fc.constantFrom(...Array.from('ab.*?{}(),->"\' #&!|'), ' -> '),
      maxLength: 15,
    });
    const rules = rule.map((text) => inPolicy(`    - match: ${text}\n      onDelete: keep`));
    await fc.assert(
      fc.asyncProperty(fc.oneof(signs, rules, fc.string({ unit: 'binary' })), async (text) => {
        expect(await failureOf(text)).toMatch(
          /^(read$|(CONFIG_INVALID|POLICY_INVALID|ENVIRONMENT_VARIABLE_MISSING) c\.yaml:[1-9]\d*:[1-9]\d*: )/,
        );
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});
