/** Text of a configuration file → data, with the place of every value. YAML 1.2, and JSON as a part of it. */
import type * as yamlLibrary from 'yaml';
import type { Alias, Document, LineCounter, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { OndeleteError, messageOf } from '../core/errors.ts';
import type { Position } from '../core/model.ts';

export type Path = readonly (string | number)[];

/** The data of a configuration file and where it stands. */
export interface ConfigText {
  readonly data: unknown;
  /** Where the value at a path stands; `offset` counts into its text, where the file shows that text unchanged. */
  position(path: Path, offset?: number): Position;
  /** Where the key at a path stands, for keys that should not be there. */
  keyPosition(path: Path): Position;
  /** Whether the value at a path is text without quotes, or something that such text became. */
  unquoted(path: Path): boolean;
}

/** Deeper than any configuration; yaml's composer is recursive and takes the process down some thousand levels further. */
const MAXIMUM_DEPTH = 50;
/** An alias may stand for a large node, and ten levels of ten aliases are ten thousand million nodes. */
const MAXIMUM_NODES = 100_000;

const QUOTE_IT = "Put the whole pattern in single quotes, such as 'audit_* -> users'.";

/** Data that is no text of its own (a module's default export): every place in it is the file's first character. */
export function placeless(data: unknown, file: string): ConfigText {
  const start: Position = { file, line: 1, column: 1 };
  return { data, position: () => start, keyPosition: () => start, unquoted: () => false };
}

/** Reads YAML or JSON. Throws CONFIG_INVALID with file, line and column. */
export async function parseConfigText(content: string, file: string): Promise<ConfigText> {
  const yaml = await import('yaml');
  const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const lines = new yaml.LineCounter();
  const at = (offset: number): Position => positionIn(lines, file, offset);
  const tokens = [...new yaml.Parser(lines.addNewLine).parse(text)];
  if (depthOf(tokens) > MAXIMUM_DEPTH)
    throw invalid({ file, line: 1, column: 1 }, 'it is nested too deep for a configuration');
  const composer = new yaml.Composer({ lineCounter: lines, prettyErrors: false, version: '1.2' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) throw invalid({ file, line: 1, column: 1 }, 'it holds no YAML document');
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(error.message, text, at(error.pos[0]));
  if (second !== undefined) throw invalid(at(second.range[0]), 'a second document; a configuration is one');
  return walkDocument(yaml, document, text, at);
}

function walkDocument(
  yaml: Yaml,
  document: Document,
  text: string,
  at: (offset: number) => Position,
): ConfigText {
  const walk: Walk = { yaml, document, text, at, places: new Map(), nodes: 0 };
  const data = valueOf(walk, document.contents, [], 0);
  const find = (path: Path): Place => {
    for (let length = path.length; length >= 0; length -= 1) {
      const place = walk.places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { key: null, value: 0, scalar: null, unquoted: false };
  };
  return {
    data,
    position: (path, offset) => {
      const { scalar, value } = find(path);
      return at(
        scalar === null || offset === undefined ? value : value + offsetInSource(scalar, text, value, offset),
      );
    },
    keyPosition: (path) => {
      const place = find(path);
      return at(place.key ?? place.value);
    },
    unquoted: (path) => find(path).unquoted,
  };
}

type Yaml = typeof yamlLibrary;

interface Place {
  readonly key: number | null;
  readonly value: number;
  readonly scalar: Scalar | null;
  readonly unquoted: boolean;
}

interface Walk {
  readonly yaml: Yaml;
  readonly document: Document;
  readonly text: string;
  readonly at: (offset: number) => Position;
  readonly places: Map<string, Place>;
  nodes: number;
}

/** The value of a node; our own walk instead of toJS, because that one knows no places and no limits. */
function valueOf(
  walk: Walk,
  node: Node | null,
  path: Path,
  depth: number,
  keyStart: number | null = null,
): unknown {
  const start = node?.range?.[0] ?? keyStart ?? 0;
  walk.nodes += 1;
  if (depth > MAXIMUM_DEPTH || walk.nodes > MAXIMUM_NODES) {
    throw invalid(walk.at(start), 'aliases make it larger than any configuration, or a node holds itself');
  }
  const { yaml } = walk;
  const scalar = yaml.isScalar(node) ? node : null;
  const unquoted = scalar === null ? node !== null && !yaml.isSeq(node) : scalar.type === 'PLAIN';
  walk.places.set(JSON.stringify(path), { key: keyStart, value: start, scalar, unquoted });
  if (scalar !== null) return scalar.value;
  if (yaml.isAlias(node)) return valueOf(walk, aliased(walk, node), path, depth + 1, keyStart);
  if (yaml.isMap(node)) return mapOf(walk, node, path, depth);
  if (yaml.isSeq(node)) return listOf(walk, node, path, depth);
  return null;
}

function listOf(walk: Walk, node: YAMLSeq, path: Path, depth: number): unknown[] {
  return node.items.map((item, place) =>
    valueOf(walk, asNode(walk, item), [...path, place], depth + 1, node.range?.[0] ?? null),
  );
}

function mapOf(walk: Walk, node: YAMLMap, path: Path, depth: number): Record<string, unknown> {
  // fromEntries defines properties, so that a key `__proto__` stays a key.
  return Object.fromEntries(
    node.items.map((pair: Pair) => {
      const key = asNode(walk, pair.key);
      const start = key?.range?.[0] ?? node.range?.[0] ?? 0;
      const word: unknown = walk.yaml.isScalar(key) ? key.value : null;
      if (typeof word !== 'string' && typeof word !== 'number' && typeof word !== 'boolean') {
        throw invalid(walk.at(start), 'a key must be a word', QUOTE_IT);
      }
      const name = String(word);
      return [name, valueOf(walk, asNode(walk, pair.value), [...path, name], depth + 1, start)];
    }),
  );
}

function asNode(walk: Walk, value: unknown): Node | null {
  return walk.yaml.isNode(value) ? value : null;
}

function aliased(walk: Walk, alias: Alias): Node {
  // Aliases are resolved by a walk over the document, so many of them in a large file take long.
  walk.nodes += MAXIMUM_NODES / 1000;
  const target = alias.resolve(walk.document);
  if (target !== undefined) return target;
  const start = alias.range?.[0] ?? 0;
  throw invalid(
    walk.at(start),
    `an unquoted \`*\` is an alias in YAML, and no anchor is called \`${alias.source}\``,
    QUOTE_IT,
  );
}

/** Depth of yaml's concrete tokens, measured without recursion. */
function depthOf(tokens: readonly object[]): number {
  let deepest = 0;
  const open = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    deepest = Math.max(deepest, depth);
    const items = 'items' in token && Array.isArray(token.items) ? (token.items as readonly object[]) : [];
    for (const child of [token, ...items]) {
      for (const name of ['key', 'value'] as const) {
        const inner: unknown = name in child ? (child as Record<string, unknown>)[name] : null;
        if (typeof inner === 'object' && inner !== null) open.push({ token: inner, depth: depth + 1 });
      }
    }
  }
  return deepest;
}

/** The message of a YAML error, with the cure where the line looks like an unquoted pattern. */
function syntaxError(message: string, text: string, position: Position): OndeleteError {
  const line = text.split('\n')[position.line - 1] ?? '';
  const pattern = /->|^\s*(- )?\s*(match|except|schemas|exclude)\s*:|^\s*-\s*[*{"]/.test(line);
  const first = messageOf({ message }).split('\n')[0] ?? '';
  const plain = first.startsWith('Alias cannot be an empty string')
    ? 'an unquoted `*` is an alias in YAML'
    : first;
  return invalid(position, `not YAML: ${plain}`, pattern ? QUOTE_IT : 'Correct the file at this place.');
}

/**
 * How far into the source a place inside a scalar's text stands; 0, the start of the scalar, where the text was
 * changed on the way (escapes, folded lines), because a wrong column is worse than a coarse one.
 */
function offsetInSource(scalar: Scalar, text: string, start: number, offset: number): number {
  if (typeof scalar.value !== 'string') return 0;
  const quoted = scalar.type === 'QUOTE_SINGLE' || scalar.type === 'QUOTE_DOUBLE';
  let at = start + (quoted ? 1 : 0);
  for (let place = 0; place < offset; place += 1) {
    if (text[at] !== scalar.value[place] || (scalar.type === 'QUOTE_DOUBLE' && text[at] === '\\')) return 0;
    at += text[at] === "'" && scalar.type === 'QUOTE_SINGLE' ? 2 : 1;
  }
  return at - start;
}

function positionIn(lines: LineCounter, file: string, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

/** `file:line:column`, as editors and terminals follow it. */
export function positionText(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** CONFIG_INVALID at a place. */
export function invalid(position: Position, what: string, help = ''): OndeleteError {
  return new OndeleteError('CONFIG_INVALID', `${positionText(position)}: ${what}`, help);
}

/** All mistakes as one error, each on a line of its own with its place, a way out where it is first needed; the only one as it is. */
export function together(mistakes: readonly [OndeleteError, ...OndeleteError[]]): OndeleteError {
  const [first, ...others] = mistakes;
  if (others.length === 0) return first;
  const told = new Set<string>(['']);
  const lines = mistakes.map(({ message, help }) => {
    if (told.has(help)) return message;
    told.add(help);
    return `${message}${/[.!?]$/.test(message) ? '' : '.'} ${help}`;
  });
  return new OndeleteError(first.code, lines.join('\n  '));
}

/** POLICY_INVALID at a place; `unquoted` adds the cure for patterns that YAML changed. */
export function invalidPolicy(position: Position, what: string, unquoted: boolean, help = ''): OndeleteError {
  return new OndeleteError(
    'POLICY_INVALID',
    `${positionText(position)}: ${what}`,
    unquoted ? QUOTE_IT : help,
  );
}
