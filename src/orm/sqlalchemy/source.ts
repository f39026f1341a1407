/** How SQLAlchemy's models write an edit: keyword arguments of ForeignKey(), relationship() and backref(). Pure. */
import type { ModelEdit } from '../findings.ts';
import { type Call, callsIn, type Member } from '../source/calls.ts';
import type { ModelSource } from '../source/edits.ts';
import { inCalls } from '../source/in-calls.ts';
import { inQuotesOf, withMembers, type Written } from '../source/splices.ts';
import type { Source } from '../source/tokens.ts';

/** Behind so many arguments without a name the next may be the one that is wanted. */
const positional = 3;

const calls: Readonly<Record<'key' | 'relationship', readonly string[]>> = {
  key: ['ForeignKey', 'ForeignKeyConstraint'],
  relationship: ['relationship', 'relation', 'dynamic_loader'],
};

export const sqlalchemySource: ModelSource = {
  language: 'python',
  write(source, line, edit, keys) {
    if (edit.at === 'class') return '__mapper_args__ is written by hand';
    const names = edit.at === 'key' ? calls.key : calls.relationship;
    return inCalls(source, { line, names, keys }, (call) => {
      if (edit.at === 'backref') return inBackref(source, call, edit);
      if (call.given.all.filter(({ name }) => name === null).length > positional)
        return 'its arguments stand there without their names';
      return withMembers(source, call.given, edit);
    });
  },
};

/** `backref="children"` becomes `backref=backref("children", …)`, where the function is at hand. */
function inBackref(source: Source, { given, start, name }: Call, edit: ModelEdit): Written {
  const member = given.all.find((each) => each.name === 'backref');
  const [first] = member?.value ?? [];
  const last = member?.value.at(-1);
  if (member === undefined || first === undefined || last === undefined)
    return 'its backref is not written there';
  const inner = innerCall(source, member);
  if (inner !== null) return withMembers(source, inner.given, edit);
  if (member.value.length > 1 || first.kind !== 'text') return 'its backref is no plain value there';
  const module = source.text.slice(start, name.start);
  if (module === '' && !isImported(source)) return '`backref` is not imported there';
  const set = Object.entries(edit.set).map(([option, value]) => `${option}=${value}`);
  const text = `${module}backref(${[first.text, ...inQuotesOf(source, set)].join(', ')})`;
  return [{ start: first.start, end: last.end, text }];
}

/** The call that a value is as a whole. */
function innerCall(source: Source, { value }: Member): Call | null {
  return (
    callsIn(source).find(
      ({ start, given, name }) =>
        name.text === 'backref' && start === value[0]?.start && given.close === value.at(-1),
    ) ?? null
  );
}

/** `from sqlalchemy.orm import backref, relationship`, on one line or in brackets. */
const isImported = ({ text }: Source): boolean =>
  /^from\s+sqlalchemy\.orm\s+import\s*(?:\([^)]*|[^\n(]*)\bbackref\b(?!\s+as\b)/m.test(text);
