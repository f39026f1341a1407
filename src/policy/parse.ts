/** From the checked text of a policy to the policy: patterns and actions parsed, every one with its place. */
import { parseAction } from './actions.ts';
import type { WantedAction } from './actions.ts';
import type { RawLimit, RawPolicy, RawRule } from '../config/schema.ts';
import { invalidPolicy, together } from '../config/positions.ts';
import type { ConfigText, Path } from '../config/positions.ts';
import { expandUnquoted } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';
import { codeOf, type OndeleteError } from '../core/errors.ts';
import type { ReferentialAction } from '../core/model.ts';
import { parsePathPattern, parsePattern } from './pattern/parse.ts';
import type { LimitRule, LocatedPattern, PathRule, Policy, Rule } from './decide.ts';

const POLICY: Path = ['policy'];

/** Reads one thing after the other though some are wrong, so that all mistakes are told at once. */
class Mistakes {
  readonly #found: OndeleteError[] = [];

  /** What `work` reads, or what stands in for it until the mistake is told. */
  read<T, U>(work: () => T, instead: U): T | U {
    try {
      return work();
    } catch (error) {
      if (!['POLICY_INVALID', 'ENVIRONMENT_VARIABLE_MISSING'].includes(codeOf(error))) throw error;
      this.#found.push(error as OndeleteError);
      return instead;
    }
  }

  tell(): void {
    const [first, ...others] = this.#found;
    if (first !== undefined) throw together([first, ...others]);
  }
}

/** Throws POLICY_INVALID, ENVIRONMENT_VARIABLE_MISSING: every mistake in one error. */
export function readPolicy(raw: RawPolicy, source: ConfigText, environment: Environment): Policy {
  // where the models speak, a key that they say nothing about may stay as it is
  const without = raw.default ?? (raw.from === undefined ? 'error' : 'keep');
  const mistakes = new Mistakes();
  const undecided: Policy['default'] = { kind: 'error' };
  const policy: Policy = {
    from:
      raw.from === undefined
        ? null
        : {
            texts: typeof raw.from === 'string' ? [raw.from] : raw.from,
            position: source.position([...POLICY, 'from']),
          },
    strictNone: raw.strictNone ?? false,
    default:
      without.trim().toLowerCase() === 'error'
        ? undecided
        : mistakes.read(() => readAction(without, source, [...POLICY, 'default']), undecided),
    defaultPosition: source.keyPosition(raw.default === undefined ? POLICY : [...POLICY, 'default']),
    rules: (raw.rules ?? []).map((rule, place) =>
      readRule(rule, source, [...POLICY, 'rules', place], environment, mistakes),
    ),
    never: (raw.never ?? []).flatMap((text, place) =>
      mistakes.read(() => [readPath(text, source, [...POLICY, 'never', place], environment)], []),
    ),
    limits: (raw.limits ?? []).flatMap((limit, place) =>
      mistakes.read(() => [readLimit(limit, source, [...POLICY, 'limits', place], environment)], []),
    ),
  };
  mistakes.tell();
  return policy;
}

function readRule(
  raw: RawRule,
  source: ConfigText,
  path: Path,
  environment: Environment,
  mistakes: Mistakes,
): Rule {
  const patterns = (name: 'match' | 'except'): readonly LocatedPattern[] =>
    readPatterns(raw[name] ?? [], source, [...path, name], environment, mistakes);
  const from = raw.when?.from;
  return {
    match: patterns('match'),
    except: patterns('except'),
    constraint: raw.constraint ?? null,
    nullable: raw.when?.nullable ?? null,
    from:
      from === undefined
        ? null
        : mistakes.read(() => readFrom(from, source, [...path, 'when', 'from']), null),
    onDelete: mistakes.read(() => readAction(raw.onDelete, source, [...path, 'onDelete']), { kind: 'keep' }),
    reason: raw.reason ?? null,
    optional: raw.optional ?? false,
    position: source.position(path),
  };
}

function readPatterns(
  raw: string | readonly string[],
  source: ConfigText,
  path: Path,
  environment: Environment,
  mistakes: Mistakes,
): readonly LocatedPattern[] {
  const texts = typeof raw === 'string' ? [raw] : raw;
  return texts.flatMap((text, place) => {
    const at = typeof raw === 'string' ? path : [...path, place];
    return mistakes.read(() => [readPattern(text, source, at, environment)], []);
  });
}

function readPattern(text: string, source: ConfigText, at: Path, environment: Environment): LocatedPattern {
  const expanded = expandUnquoted({ text, position: source.position(at) }, environment);
  const parsed = parsePattern(expanded);
  if (parsed.ok) return { pattern: parsed.value, text: expanded, position: source.position(at) };
  throw invalidPolicy(
    source.position(at, text === expanded ? parsed.offset : undefined),
    `pattern '${oneLine(text)}': ${parsed.message}`,
    source.unquoted(at),
    "Write it as 'child -> parent', such as 'order_items(order_id) -> orders'.",
  );
}

function readAction(text: string, source: ConfigText, path: Path): WantedAction {
  const parsed = parseAction(text);
  if (parsed.ok) return parsed.value;
  throw invalidPolicy(
    source.position(path, parsed.offset),
    `action '${oneLine(text)}': ${parsed.message}`,
    false,
    'Write it as `set null (column, …)`, with columns of the key.',
  );
}

function readFrom(text: string, source: ConfigText, path: Path): readonly ReferentialAction[] {
  const action = readAction(text, source, path);
  return action.kind === 'clause' ? [action.clause.onDelete] : ['NO ACTION', 'RESTRICT'];
}

function readLimit(raw: RawLimit, source: ConfigText, path: Path, environment: Environment): LimitRule {
  const [rows, depth] = [raw.rows ?? null, raw.depth ?? null];
  if (rows === null && depth === null) {
    throw invalidPolicy(
      source.position(path),
      `the limit on '${oneLine(raw.path)}' limits nothing`,
      false,
      'Give it `rows`, `depth` or both.',
    );
  }
  return { ...readPath(raw.path, source, [...path, 'path'], environment), rows, depth };
}

function readPath(text: string, source: ConfigText, path: Path, environment: Environment): PathRule {
  const expanded = expandUnquoted({ text, position: source.position(path) }, environment);
  const parsed = parsePathPattern(expanded);
  if (parsed.ok) return { pattern: parsed.value, text: expanded, position: source.position(path) };
  throw invalidPolicy(
    source.position(path, text === expanded ? parsed.offset : undefined),
    `path rule '${oneLine(text)}': ${parsed.message}`,
    source.unquoted(path),
    "Write it as 'table ~> table', such as 'users ~> billing.invoices'.",
  );
}

/** Text of unknown origin inside a message of one line. */
function oneLine(text: string): string {
  const shown = text.replace(/\s+/g, ' ');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
