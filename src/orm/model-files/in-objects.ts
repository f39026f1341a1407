/** Finds an object inside others, by the names and numbers that lead to it. Pure. */
import { listIn, type Member, type Members, objectIn } from './calls.ts';
import { hiddenBy, spreadIn } from './splices.ts';
import type { ProgramText } from './tokens.ts';

/**
 * `relations`, `order` in `{ relations: { order: { … } } }`; in a list a number counts from 0.
 * @returns why it is not certain, as text
 */
export function objectAt(
  program: ProgramText,
  member: Pick<Member, 'value'>,
  path: readonly string[],
): Members | string {
  const [name, ...rest] = path;
  const members = objectIn(program, member) ?? listIn(program, member);
  if (members === null) return 'what makes the key is not written there';
  if (name === undefined) return members;
  const isList = members.open.text === '[';
  const [found, ...more] = isList
    ? members.all.slice(Number(name), Number(name) + 1)
    : members.all.filter((one) => one.name === name);
  if (found === undefined || more.length > 0) return `\`${name}\` is not written there once`;
  const at = members.all.indexOf(found);
  const spread = spreadIn(isList ? members.all.slice(0, at + 1) : members.all.slice(at + 1));
  return spread === undefined ? objectAt(program, found, rest) : hiddenBy(program, spread);
}
