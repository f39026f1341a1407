import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  literalName,
  type NamePart,
  type NamePattern,
  type Pattern,
  type EndPattern,
} from '../../src/policy/pattern/ast.ts';
import {
  parseColumnList,
  parseNamePattern,
  parsePattern,
  parseSelector,
  parseTablePattern,
  readSelector,
} from '../../src/policy/pattern/parse.ts';
import { patternText } from '../../src/policy/pattern/print.ts';
import {
  foldName,
  keyFinder,
  keyMatcher,
  nameMatcher,
  tableMatcher,
} from '../../src/policy/pattern/match.ts';
import { key } from '../builders.ts';
import {
  hostileName,
  mysqlNames,
  postgresNames,
  snapshots,
  sqliteNames,
} from '../support/random-snapshots.ts';

const runs = { seed: 20_11_2026, numRuns: 500 };

function pattern(text: string): Pattern {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(`${parsed.message} at ${parsed.offset}`);
  return parsed.value;
}

const namePattern: fc.Arbitrary<NamePattern> = fc
  .array(
    fc.oneof(
      hostileName.map((text): NamePart => ({ kind: 'text', text })),
      fc.constant<NamePart>({ kind: 'any' }),
      fc.constant<NamePart>({ kind: 'one' }),
      fc
        .array(
          fc.oneof(
            fc.constant<NamePattern>([]),
            hostileName.map(literalName),
            fc.constant<NamePattern>([{ kind: 'any' }]),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        )
        .map((options): NamePart => ({ kind: 'choice', options })),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .filter((parts) =>
    parts.every((part, place) => {
      const before = parts[place - 1];
      return before?.kind !== part.kind || (part.kind !== 'text' && part.kind !== 'any');
    }),
  );

/** The definition of a glob in the fewest words, without a RegExp. */
function naively(parts: NamePattern, name: readonly string[]): boolean {
  const [first, ...rest] = parts;
  if (first === undefined) return name.length === 0;
  switch (first.kind) {
    case 'text': {
      const text = Array.from(first.text);
      return text.every((sign, place) => name[place] === sign) && naively(rest, name.slice(text.length));
    }
    case 'one':
      return name.length > 0 && naively(rest, name.slice(1));
    case 'any':
      return naively(rest, name) || (name.length > 0 && naively(parts, name.slice(1)));
    case 'choice':
      return first.options.some((option) => naively([...option, ...rest], name));
  }
}

describe('a pattern is read', () => {
  test.each([
    ['orders -> users', 'orders -> users'],
    ['  a->b  ', 'a -> b'],
    [
      'shop.order_items(order_id,  line) -> shop.orders(id, line)',
      'shop.order_items(order_id, line) -> shop.orders(id, line)',
    ],
    ['audit_* -> {users, people}', 'audit_* -> {users,people}'],
    ['"my.app"."order items" -> "say ""hi"""', '"my.app"."order items" -> "say ""hi"""'],
    ['"plain" -> "a"b', 'plain -> ab'],
    ['a** -> ???', 'a* -> ???'],
    ['"*" -> "a->b"', '"*" -> "a->b"'],
    ['a--> b', 'a- -> b'],
    ['order{,s} -> *', 'order{,s} -> *'],
  ])('%s', (text, written) => {
    expect(patternText(pattern(text))).toBe(written);
  });

  test.each([
    ['', 0, 'a name is missing'],
    ['orders', 6, '`->` is missing; a pattern is written `child -> parent`'],
    ['orders -> ', 10, 'a name is missing'],
    [
      'order items -> users',
      6,
      'unexpected `i`; put a name with spaces or other special characters in "double quotes"',
    ],
    [
      'a.b.c -> d',
      3,
      'a name has at most two parts, `schema.table`; put a name that contains a dot in "double quotes"',
    ],
    ['a -> b -> c', 7, 'a second `->`; a pattern has one child and one parent'],
    ['"a -> b', 0, 'the closing double quote is missing'],
    ['a(b -> c', 4, '`)` is missing'],
    [
      'a(b c) -> d',
      4,
      'unexpected `c`; put a name with spaces or other special characters in "double quotes"',
    ],
    ['a -> b(c', 8, '`)` is missing'],
    ['a() -> b', 2, 'a name is missing'],
    ['{a,{b,c}} -> d', 3, 'braces cannot stand inside braces'],
    ['{a,b -> d', 5, 'braces hold parts of one name, `{a,b}`; put other characters in "double quotes"'],
    ['a -> {b', 5, '`}` is missing'],
    ['a*b*c*d*e*f* -> x', 0, 'a name may hold at most 5 stars'],
    ['a -> b}', 6, 'unexpected `}`; put a name with spaces or other special characters in "double quotes"'],
  ])('%j fails at %d: %s', (text, offset, message) => {
    expect(parsePattern(text)).toEqual({ ok: false, offset, message });
  });

  test('a selector may name the child alone', () => {
    expect(parseSelector('shop.items(order_id)')).toMatchObject({ ok: true, value: { parent: null } });
    expect(parseSelector('a -> b')).toMatchObject({ ok: true, value: { parent: { schema: null } } });
    expect(() => readSelector('a b', '--only')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message:
          '--only \'a b\': unexpected `b`; put a name with spaces or other special characters in "double quotes", at character 3',
      }),
    );
  });

  test('column lists and tables', () => {
    expect(parseColumnList('(a, "b c")')).toEqual({ ok: true, value: ['a', 'b c'] });
    expect(parseColumnList('(a*)')).toMatchObject({
      ok: false,
      message: 'a column list takes names, not globs (* ? {})',
    });
    expect(parseTablePattern('auth.*')).toMatchObject({ ok: true });
    expect(parseTablePattern('a -> b')).toMatchObject({ ok: false, offset: 2 });
    expect(parseNamePattern('a.b')).toMatchObject({ ok: false, offset: 1 });
  });

  test('what is written reads back as the same pattern', () => {
    const side: fc.Arbitrary<EndPattern> = fc.record({
      schema: fc.option(namePattern),
      name: namePattern,
      columns: fc.option(fc.array(namePattern, { minLength: 1, maxLength: 3 })),
    });
    fc.assert(
      fc.property(fc.record({ child: side, parent: side }), (given) => {
        expect(pattern(patternText(given))).toEqual(given);
      }),
      runs,
    );
  });

  test('any text is read or refused at a place inside it', () => {
    const signs = fc.string({
      unit: fc.constantFrom(...Array.from('ab.*?{},()"\'->~ \n\\'), '😀'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.oneof(signs, fc.string({ unit: 'binary' })), (text) => {
        for (const parsed of [
          parsePattern(text),
          parseSelector(text),
          parseTablePattern(text),
          parseColumnList(text),
        ]) {
          if (parsed.ok) continue;
          expect(parsed.message).not.toBe('');
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { ...runs, numRuns: 3000 },
    );
  });
});

describe('a glob', () => {
  test('matches what its definition says', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n', '😀', 'A'), maxLength: 5 });
    const parts = fc.array(
      fc.oneof(
        fc
          .constantFrom('a', 'b', '.', '\n', '😀', '^$', '\\')
          .map((text): NamePart => ({ kind: 'text', text })),
        fc.constantFrom<NamePart>({ kind: 'any' }, { kind: 'one' }),
        fc.constant<NamePart>({
          kind: 'choice',
          options: [literalName('ab'), [{ kind: 'any' }, { kind: 'text', text: 'b' }], []],
        }),
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(parts, short, fc.boolean(), (glob, name, ignoreCase) => {
        expect(nameMatcher(glob, ignoreCase)(name)).toBe(
          naively(glob, Array.from(foldName(name, ignoreCase))),
        );
      }),
      { ...runs, numRuns: 5000 },
    );
  });

  test('no name takes long, however it is made', () => {
    const slow = parseNamePattern('*a*a*a*a*b');
    expect(slow.ok && nameMatcher(slow.value, false)('a'.repeat(64))).toBe(false);
  });

  test('letters of other alphabets are not folded, because SQLite does not', () => {
    expect(nameMatcher(literalName('ORDERS'), true)('Orders')).toBe(true);
    expect(nameMatcher(literalName('Ä'), true)('ä')).toBe(false);
  });
});

describe('a key is matched', () => {
  const items = key('shop.items(order_id, line) -> shop.orders(id, line)');
  test.each([
    ['items -> orders', true],
    ['* -> shop.*', true],
    ['billing.items -> orders', false],
    ['Items -> orders', false],
    ['items(order_id) -> orders', false],
    ['items(order_id, line) -> orders', true],
    ['items(line, order_id) -> orders', true],
    ['items(l*, *) -> orders', false],
    ['items(*_id, *) -> orders(id, *)', true],
    ['items(line, order_id) -> orders(line, id)', true],
    ['items(line, order_id) -> orders(id, line)', false],
    ['items -> orders(line, id)', true],
    ['items -> orders(id)', false],
  ])('%s: %s', (text, expected) => {
    expect(keyMatcher(pattern(text), postgresNames)(items)).toBe(expected);
  });

  test('in the case that the server minds', () => {
    const upper = pattern('ITEMS(ORDER_ID, LINE) -> ORDERS');
    expect(keyMatcher(upper, sqliteNames)(items)).toBe(true);
    expect(keyMatcher(upper, mysqlNames)(items)).toBe(false);
    expect(keyMatcher(pattern('items(ORDER_ID, LINE) -> orders'), mysqlNames)(items)).toBe(true);
    expect(
      tableMatcher({ schema: literalName('SHOP'), name: [{ kind: 'any' }] }, sqliteNames)(items.child),
    ).toBe(true);
  });

  test('the finder finds what the matcher matches', () => {
    const side = fc.record({
      schema: fc.option(namePattern),
      name: fc.oneof(namePattern, hostileName.map(literalName)),
      columns: fc.option(
        fc.array(fc.oneof(namePattern, hostileName.map(literalName)), { minLength: 1, maxLength: 2 }),
      ),
    });
    for (const names of [postgresNames, mysqlNames, sqliteNames]) {
      fc.assert(
        fc.property(
          snapshots(names, 'postgres'),
          fc.record({ child: side, parent: fc.option(side) }),
          ({ foreignKeys }, given) => {
            const matches = keyMatcher(given, names);
            expect(keyFinder(foreignKeys, names)(given)).toEqual(
              [...foreignKeys.keys()].filter((place) => {
                const each = foreignKeys[place];
                return each !== undefined && matches(each);
              }),
            );
          },
        ),
        runs,
      );
    }
  });
});
