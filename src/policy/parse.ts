/** From the checked data of a policy to the policy: patterns and actions parsed, each with its position. */
import type { RawLimit, RawPolicy, RawRule } from '../config/schema.ts';
import { type Environment, expandUnquoted } from '../config/environment.ts';
import {
  combineErrors,
  type ConfigText,
  invalidPolicy,
  type Path,
  quotePattern,
} from '../config/positions.ts';
import { codeOf, type OndeleteError } from '../core/errors.ts';
import { type Position, referentialActions } from '../core/model.ts';
import { isRefusing } from '../core/referential-actions.ts';
import { parseAction, type WantedAction } from './actions.ts';
import type { LimitRule, LocatedPattern, PathRule, Policy, Rule } from './policy.ts';
import { type Parsed, parsePathPattern, parsePattern } from './pattern/parse.ts';

/** @throws OndeleteError POLICY_INVALID, ENVIRONMENT_VARIABLE_MISSING: one error with every mistake */
export function readPolicy(raw: RawPolicy, source: ConfigText, environment: Environment): Policy {
  const reader = new PolicyReader(source, environment);
  const policy = reader.policy(raw);
  const [first, ...others] = reader.errors;
  if (first !== undefined) throw combineErrors([first, ...others]);
  return policy;
}

/** Reads on after a mistake, so that all of them are reported at once. */
class PolicyReader {
  readonly errors: OndeleteError[] = [];
  readonly #source: ConfigText;
  readonly #environment: Environment;

  constructor(source: ConfigText, environment: Environment) {
    this.#source = source;
    this.#environment = environment;
  }

  policy(raw: RawPolicy): Policy {
    const path: Path = ['policy'];
    const position = (key: string): Position => this.#source.position([...path, key]);
    // With rules from the models, a key without any rule may stay as it is.
    const fallback = raw.default ?? (raw.from === undefined ? 'error' : 'keep');
    return {
      from: raw.from === undefined ? null : { texts: [raw.from].flat(), position: position('from') },
      strictNone: raw.strictNone ?? false,
      default:
        fallback.trim().toLowerCase() === 'error'
          ? { kind: 'error' }
          : this.#action(fallback, [...path, 'default']),
      defaultPosition: this.#source.keyPosition(raw.default === undefined ? path : [...path, 'default']),
      rules: (raw.rules ?? []).map((rule, place) => this.#rule(rule, [...path, 'rules', place])),
      never: (raw.never ?? []).flatMap((text, place) => this.#pathRule(text, [...path, 'never', place])),
      limits: (raw.limits ?? []).flatMap((limit, place) => this.#limit(limit, [...path, 'limits', place])),
    };
  }

  #rule(raw: RawRule, path: Path): Rule {
    const from = raw.when?.from === undefined ? null : this.#action(raw.when.from, [...path, 'when', 'from']);
    return {
      match: this.#patterns(raw.match, [...path, 'match']),
      except: this.#patterns(raw.except ?? [], [...path, 'except']),
      constraint: raw.constraint ?? null,
      nullable: raw.when?.nullable ?? null,
      from:
        from === null
          ? null
          : from.kind === 'clause'
            ? [from.clause.onDelete]
            : referentialActions.filter(isRefusing),
      onDelete: this.#action(raw.onDelete, [...path, 'onDelete']),
      reason: raw.reason?.trim() ?? null,
      optional: raw.optional ?? false,
      position: this.#source.position(path),
    };
  }

  #patterns(raw: string | readonly string[], path: Path): readonly LocatedPattern[] {
    const help = "Write it as 'child -> parent', such as 'order_items(order_id) -> orders'.";
    return [raw]
      .flat()
      .flatMap((text, place) =>
        this.#located('pattern', text, typeof raw === 'string' ? path : [...path, place], parsePattern, help),
      );
  }

  #pathRule(text: string, path: Path): readonly PathRule[] {
    const help = "Write it as 'table ~> table', such as 'users ~> billing.invoices'.";
    return this.#located('path rule', text, path, parsePathPattern, help);
  }

  #limit(raw: RawLimit, path: Path): readonly LimitRule[] {
    const [rows, depth] = [raw.rows ?? null, raw.depth ?? null];
    if (rows === null && depth === null) {
      const what = `the limit on '${oneLine(raw.path)}' has neither \`rows\` nor \`depth\``;
      this.errors.push(invalidPolicy(this.#source.position(path), what, 'Give it one of them, or both.'));
    }
    return this.#pathRule(raw.path, [...path, 'path']).map((rule) => ({ ...rule, rows, depth }));
  }

  /** A mistake is remembered, and `keep` stands in for the action. */
  #action(text: string, path: Path): WantedAction {
    const parsed = parseAction(text);
    if (parsed.ok) return parsed.value;
    const position = this.#source.position(path, parsed.offset);
    const help = 'Write it as `set null (column, …)`, with columns of the key.';
    this.errors.push(invalidPolicy(position, `action '${oneLine(text)}': ${parsed.message}`, help));
    return { kind: 'keep' };
  }

  /** A pattern with its position; empty where it is wrong, which is remembered. */
  #located<T>(
    kind: string,
    text: string,
    path: Path,
    parse: (text: string) => Parsed<T>,
    help: string,
  ): readonly LocatedPattern<T>[] {
    const position = this.#source.position(path);
    const expanded = this.#expanded(text, position);
    if (expanded === null) return [];
    const parsed = parse(expanded);
    if (parsed.ok) return [{ pattern: parsed.value, text: expanded, position }];
    this.errors.push(
      invalidPolicy(
        text === expanded ? this.#source.position(path, parsed.offset) : position,
        `${kind} '${oneLine(text)}': ${parsed.message}`,
        this.#source.unquoted(path) ? quotePattern : help,
      ),
    );
    return [];
  }

  #expanded(text: string, position: Position): string | null {
    try {
      return expandUnquoted({ text, position }, this.#environment);
    } catch (error) {
      if (codeOf(error) !== 'ENVIRONMENT_VARIABLE_MISSING') throw error;
      this.errors.push(error as OndeleteError);
      return null;
    }
  }
}

/** Text of unknown origin inside a message of one line. */
function oneLine(text: string): string {
  const shown = text.replace(/\s+/g, ' ');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
