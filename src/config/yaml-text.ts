/** YAML 1.2, and JSON as a part of it → data with positions. Loads yaml, so only read.ts imports this, when there is a file. */
import * as yaml from 'yaml';
import { messageOf, type OndeleteError } from '../core/errors.ts';
import type { Position } from '../core/model.ts';
import { type ConfigText, invalid, type Path, quotePattern, startOf } from './positions.ts';

/** Deeper than any configuration. yaml's composer is recursive and overflows the stack some thousand levels further down. */
const MAXIMUM_DEPTH = 50;
/** Ten levels of ten aliases each would stand for ten thousand million nodes. */
const MAXIMUM_ALIASES = 1000;

/** @throws OndeleteError CONFIG_INVALID with file, line and column */
export function parseConfigText(content: string, file: string): ConfigText {
  const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const lines = new yaml.LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tokens = [...new yaml.Parser(lines.addNewLine).parse(text)];
  if (isDeeperThan(MAXIMUM_DEPTH, tokens))
    throw invalid(startOf(file), `the file is nested more than ${MAXIMUM_DEPTH} levels deep`);
  const composer = new yaml.Composer({ lineCounter: lines, prettyErrors: false, version: '1.2' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) throw invalid(startOf(file), 'the file has no YAML document');
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(error.message, text, at(error.pos[0]));
  if (second !== undefined)
    throw invalid(at(second.range[0]), 'a second YAML document; a configuration is a single one');
  const targets = checkNodes(document, at);
  const find = (path: Path): Place => placeOf(path, document, targets);
  return {
    data: dataOf(document, targets, at),
    position: (path, offset) => {
      const { key, value } = find(path);
      return at(value === null ? startOfNode(key) : startOfNode(value) + offsetInSource(value, text, offset));
    },
    keyPosition: (path) => {
      const { key, value } = find(path);
      return at(startOfNode(key ?? value));
    },
    unquoted: (path) => {
      const { value } = find(path);
      return yaml.isScalar(value) ? value.type === 'PLAIN' : value !== null && !yaml.isSeq(value);
    },
  };
}

/** Counted without recursion, over the tokens from which the composer makes nodes. */
function isDeeperThan(limit: number, tokens: readonly object[]): boolean {
  let level = tokens;
  for (let depth = 0; depth <= limit && level.length > 0; depth += 1) level = level.flatMap(innerTokens);
  return level.length > 0;
}

function innerTokens(token: object): readonly object[] {
  const items: readonly unknown[] = 'items' in token && Array.isArray(token.items) ? token.items : [];
  return [token, ...items]
    .filter(isObject)
    .flatMap((part) => ['key' in part ? part.key : null, 'value' in part ? part.value : null])
    .filter(isObject);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

type Targets = ReadonlyMap<yaml.Node, yaml.Node>;

/** What each alias stands for. Refuses keys that are no words, and aliases without an anchor or inside their own. */
function checkNodes(document: yaml.Document, at: (offset: number) => Position): Targets {
  const anchors = new Map<string, yaml.Node>();
  const targets = new Map<yaml.Node, yaml.Node>();
  yaml.visit(document, {
    Pair: (_, { key }) => {
      if (!yaml.isScalar(key) || !['string', 'number', 'boolean'].includes(typeof key.value))
        throw invalid(at(startOfNode(key)), 'a key must be a word', quotePattern);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_, alias, path) => {
      const target = anchors.get(alias.source);
      const position = at(startOfNode(alias));
      if (target === undefined) {
        const what = `an unquoted \`*\` is an alias in YAML, and no anchor is called \`${alias.source}\``;
        throw invalid(position, what, quotePattern);
      }
      if (path.includes(target))
        throw invalid(position, 'an alias stands inside the value that it stands for');
      targets.set(alias, target);
      if (targets.size > MAXIMUM_ALIASES) throw tooManyAliases(position);
    },
  });
  return targets;
}

function dataOf(document: yaml.Document, targets: Targets, at: (offset: number) => Position): unknown {
  try {
    return document.toJS({ maxAliasCount: MAXIMUM_ALIASES });
  } catch (error) {
    const [alias] = targets.keys();
    if (alias !== undefined) throw tooManyAliases(at(startOfNode(alias)));
    throw invalid(
      at(0),
      `the file is too large to be read: ${messageOf(error)}`,
      'Use fewer rules, with globs.',
    );
  }
}

function tooManyAliases(position: Position): OndeleteError {
  return invalid(position, `aliases stand for more than ${MAXIMUM_ALIASES} values`);
}

interface Place {
  readonly key: unknown;
  readonly value: yaml.Node | null;
}

/** The place at a path, or, where the file has no such value, the nearest one around it. */
function placeOf(path: Path, document: yaml.Document, targets: Targets): Place {
  const target = (node: unknown): yaml.Node | null =>
    yaml.isNode(node) ? (targets.get(node) ?? node) : null;
  let place: Place = { key: null, value: target(document.contents) };
  for (const part of path) {
    const { value } = place;
    if (yaml.isSeq(value) && typeof part === 'number' && part < value.items.length) {
      place = { key: value, value: target(value.items[part]) };
      continue;
    }
    const pair = yaml.isMap(value)
      ? value.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === String(part))
      : undefined;
    if (pair === undefined) return place;
    place = { key: pair.key, value: target(pair.value) };
  }
  return place;
}

function startOfNode(node: unknown): number {
  return yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** The message of a YAML error, with the cure where the line looks like an unquoted pattern. */
function syntaxError(message: string, text: string, position: Position): OndeleteError {
  const line = text.split('\n')[position.line - 1] ?? '';
  const pattern = /->|^\s*(- )?\s*(match|except|schemas|exclude)\s*:|^\s*-\s*[*{"]/.test(line);
  const first = messageOf({ message }).split('\n')[0] ?? '';
  const plain = first.startsWith('Alias cannot be an empty string')
    ? 'an unquoted `*` is an alias in YAML'
    : first;
  return invalid(position, `not YAML: ${plain}`, pattern ? quotePattern : 'Correct the file at this place.');
}

/**
 * How far into the source a character of a scalar's text stands; 0, the scalar's start, where YAML changed the text
 * before it (escapes, folded lines), because a wrong column is worse than a coarse one.
 */
function offsetInSource(node: yaml.Node, text: string, offset: number | undefined): number {
  if (offset === undefined || !yaml.isScalar(node) || typeof node.value !== 'string') return 0;
  const start = startOfNode(node);
  const quote = { QUOTE_SINGLE: "'", QUOTE_DOUBLE: '"' }[String(node.type)] ?? '';
  let at = start + quote.length;
  for (const character of node.value.slice(0, offset).split('')) {
    if (text[at] !== character || (quote === '"' && character === '\\')) return 0;
    at += quote === "'" && character === "'" ? 2 : 1;
  }
  return at - start;
}
