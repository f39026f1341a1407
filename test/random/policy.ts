// A drawn policy as the text of a configuration: rules made from the keys there are, with globs and with names in double quotes.
import type { Engine } from '../support/database.ts';
import { keyText } from '../../src/core/names.ts';
import type { ForeignKey } from '../../src/core/model.ts';
import { nameText } from '../../src/policy/pattern/print.ts';
import type { Drawing, DrawnRule } from './arbitraries.ts';

/** JSON, which YAML 1.2 reads as well. */
export function policyText(drawn: Drawing, keys: readonly ForeignKey[], engine: Engine): string {
  const rules = keys.length === 0 ? [] : drawn.rules.map((rule) => ruleOf(rule, keys, engine));
  const without = ['keep', 'error', 'cascade', 'set null', 'restrict', 'no action', 'refuse', 'set default'];
  return JSON.stringify({ policy: { default: without[drawn.default], rules } }, null, 2);
}

/** For messages: a policy as a person would read it, with the keys that it is about. */
export function policyWithKeys(text: string, keys: readonly ForeignKey[]): string {
  return `${text}\n${keys.map((key) => `-- ${JSON.stringify(key.name)} ${keyText(key)} ON DELETE ${key.onDelete}`).join('\n')}`;
}

function ruleOf(drawn: DrawnRule, keys: readonly ForeignKey[], engine: Engine): object {
  const key = keyAt(keys, drawn.key);
  const except = drawn.except === null ? null : keyAt(keys, drawn.except);
  const when = {
    ...(drawn.nullable === null ? {} : { nullable: drawn.nullable }),
    ...(drawn.from === null
      ? {}
      : { from: ['no action', 'restrict', 'cascade', 'set null', 'set default', 'refuse'][drawn.from] }),
  };
  return {
    match: patternOf(drawn, key, keys),
    ...(except === null || drawn.except === drawn.key ? {} : { except: exactPattern(except) }),
    ...(Object.keys(when).length === 0 ? {} : { when }),
    onDelete: actionText(drawn.action, key, engine),
    optional: true,
  };
}

function keyAt(keys: readonly ForeignKey[], number: number): ForeignKey {
  const key = keys[number % keys.length];
  if (key === undefined) throw new Error('no keys');
  return key;
}

const literal = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export function exactPattern(key: ForeignKey): string {
  const columns = key.columns.map(literal).join(', ');
  return `${literal(key.child.schema)}.${literal(key.child.name)}(${columns}) -> ${literal(key.parent.schema)}.${literal(key.parent.name)}`;
}

function patternOf(drawn: DrawnRule, key: ForeignKey, keys: readonly ForeignKey[]): string {
  const other = keyAt(keys, drawn.key + 1);
  const child = nameGlob(drawn.child, key.child.name, other.child.name);
  const columns = drawn.columns
    ? `(${key.columns.map((column) => nameGlob(drawn.parent, column, 'x')).join(',')})`
    : '';
  const schema = drawn.schema ? `${literal(key.child.schema)}.` : '';
  return `${schema}${child}${columns} -> ${nameGlob(drawn.parent, key.parent.name, other.parent.name)}`;
}

function nameGlob(form: number, name: string, other: string): string {
  const [first = '', ...rest] = Array.from(name);
  switch (form) {
    case 0:
      return literal(name);
    case 1:
      return `${nameText(first)}*`;
    case 2:
      return '*';
    case 3:
      return `{${literal(name)},${literal(other)}}`;
    case 4:
      return rest.length === 0 ? '?' : `?${nameText(rest.join(''))}`;
    default:
      return nameText(name);
  }
}

function actionText(drawn: number, key: ForeignKey, engine: Engine): string {
  const actions = [
    'cascade',
    'set null',
    'restrict',
    'no action',
    'refuse',
    'set default',
    'keep',
    'cascade',
  ];
  // A column list is refused where the engine has none, so it is drawn on all of them.
  if (drawn === 8) return `set null (${literal(key.columns.at(engine === 'sqlite' ? 0 : -1) ?? '')})`;
  return actions[drawn] ?? 'keep';
}
