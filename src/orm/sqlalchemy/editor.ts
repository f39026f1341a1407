/** How SQLAlchemy's models write an edit: keyword arguments of ForeignKey(), relationship() and backref(). Pure. */
import type { ModelKey } from '../facts.ts';
import type { ModelEdit } from '../finding.ts';
import { type Call, callsIn, type Member } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls } from '../model-files/in-calls.ts';
import { inQuotesOf, withMembers, type Written } from '../model-files/splices.ts';
import type { ProgramText, Token } from '../model-files/tokens.ts';

/** Behind so many arguments without a name the next may be the one that is wanted. */
const positional = 3;

const calls: Readonly<Record<'key' | 'relationship', readonly string[]>> = {
  key: ['ForeignKey', 'ForeignKeyConstraint'],
  relationship: ['relationship', 'relation', 'dynamic_loader'],
};

export const sqlalchemyEditor: ModelEditor = {
  language: 'python',
  write(program, line, edit, keys) {
    if (edit.at === 'class') return ofClass(program, line);
    const byHand = inSqlmodel(program, line, edit, keys);
    if (byHand !== null) return byHand;
    const names = edit.at === 'key' ? calls.key : calls.relationship;
    return inCalls(program, { line, names, keys }, (call) => {
      if (edit.at === 'backref') return inBackref(program, call, edit);
      if (call.given.all.filter(({ name }) => name === null).length > positional)
        return 'its arguments stand there without their names';
      return withMembers(program, call.given, edit);
    });
  },
};

/** `backref="children"` becomes `backref=backref("children", …)`, where the function is at hand. */
function inBackref(program: ProgramText, { given, start, name }: Call, edit: ModelEdit): Written {
  const member = given.all.find((each) => each.name === 'backref');
  const [first] = member?.value ?? [];
  const last = member?.value.at(-1);
  if (member === undefined || first === undefined || last === undefined)
    return 'its backref is not written there';
  const inner = innerCall(program, member);
  if (inner !== null) return withMembers(program, inner.given, edit);
  if (member.value.length > 1 || first.kind !== 'text') return 'its backref is no plain value there';
  const module = program.text.slice(start, name.start);
  if (module === '' && !isImported(program)) return '`backref` is not imported there';
  const set = Object.entries(edit.set).map(([option, value]) => `${option}=${value}`);
  const text = `${module}backref(${[first.text, ...inQuotesOf(program, set)].join(', ')})`;
  return [{ start: first.start, end: last.end, text }];
}

/** The call that a value is as a whole. */
function innerCall(program: ProgramText, { value }: Member): Call | null {
  return (
    callsIn(program).find(
      ({ start, given, name }) =>
        name.text === 'backref' && start === value[0]?.start && given.close === value.at(-1),
    ) ?? null
  );
}

/** `from sqlalchemy.orm import backref, relationship`, on one line or in brackets. */
const isImported = ({ text }: ProgramText): boolean =>
  /^from\s+sqlalchemy\.orm\s+import\s*(?:\([^)]*|[^\n(]*)\bbackref\b(?!\s+as\b)/m.test(text);

/** The tokens of the class whose statement begins on a line; none where another statement does. */
function classBody({ text, tokens }: ProgramText, line: number): readonly Token[] {
  const lines = text.split('\n');
  const indentOf = (one: string): number => one.length - one.trimStart().length;
  const [head = ''] = lines.slice(line - 1, line);
  if (!/^\s*class\b/.test(head)) return [];
  const inner = lines.findIndex(
    (one, at) => at >= line && /^\s*[^\s#)\]]/.test(one) && indentOf(one) <= indentOf(head),
  );
  return tokens.filter((token) => token.line > line && (inner === -1 || token.line <= inner));
}

function ofClass(program: ProgramText, line: number): string {
  const args = classBody(program, line).find(({ text }) => text === '__mapper_args__');
  return args === undefined
    ? '__mapper_args__ is written by hand; the class has none yet'
    : `__mapper_args__ is written by hand: it stands on line ${args.line}`;
}

/**
 * SQLModel makes keys and relationships from the fields of a class, so the class is all that is known of their place. Which
 * arguments its functions take depends on its version: where to look is said, and nothing is edited.
 */
function inSqlmodel(
  program: ProgramText,
  line: number,
  { at, set, target }: ModelEdit,
  keys: readonly ModelKey[],
): string | null {
  const body = new Set(classBody(program, line));
  const fields = callsIn(program).filter(
    ({ given, name }) =>
      body.has(name) &&
      (at === 'key'
        ? name.text === 'Field' && given.all.some((one) => one.name === 'foreign_key')
        : name.text === 'Relationship'),
  );
  const wanted = at === 'key' ? keys.flatMap(({ columns }) => columns) : [target.split('.').at(-1) ?? ''];
  const [field, ...more] = fields.filter(({ name }) => wanted.includes(attributeOn(program, name.line)));
  if (field === undefined || more.length > 0) return null;
  const options = Object.entries(set);
  return at === 'key'
    ? `line ${field.name.line} writes it as Field(foreign_key=…): give it ${options.map(([name, value]) => `${name}=${value}`).join(', ')} (SQLModel 0.0.21 and later)`
    : `line ${field.name.line} writes it as Relationship(…): give it sa_relationship_kwargs={${options.map(([name, value]) => `"${name}": ${value}`).join(', ')}}`;
}

/** `order_id` of `order_id: int = Field(…)`. */
function attributeOn({ tokens }: ProgramText, line: number): string {
  return tokens.find((token) => token.line === line)?.text ?? '';
}
