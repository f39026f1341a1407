/** How MikroORM's entities write an edit: deleteRule in the decorator above the property that holds the key. Pure. */
import type { ModelEdit } from '../finding.ts';
import { type Call, callsIn, objectIn } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { optionsText, withOptions } from '../model-files/in-calls.ts';
import { inQuotesOf, type Written } from '../model-files/splices.ts';
import type { ProgramText } from '../model-files/tokens.ts';

export const mikroOrmEditor: ModelEditor = {
  language: 'javascript',
  write(program, line, edit) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const [call, ...more] = decoratorsOf(program, line).filter(({ name }) =>
      /^(ManyToOne|OneToOne)$/.test(name.text),
    );
    if (call === undefined || more.length > 0)
      return 'no single @ManyToOne(…) or @OneToOne(…) stands above it';
    return inDecorator(program, call, edit);
  },
};

/** Options come first, or behind the function that names the entity; @OneToOne may have the other side's name between them. */
function inDecorator(program: ProgramText, call: Call, edit: ModelEdit): Written {
  const { given, name } = call;
  const last = name.text === 'OneToOne' ? 2 : 1;
  const [only, ...more] = given.all;
  const isOptions = only !== undefined && more.length === 0 && objectIn(program, only) !== null;
  if (only !== undefined) return withOptions(program, call, edit, { first: isOptions ? 0 : 1, last });
  const [text = ''] = inQuotesOf(program, [optionsText(edit)]);
  return [{ start: given.open.end, end: given.open.end, text }];
}

/** The decorators of the member whose name stands on a line: from that line's code backwards, with nothing but them before it. */
function decoratorsOf(program: ProgramText, line: number): readonly Call[] {
  const { text, tokens } = program;
  const calls = callsIn(program).filter(({ start }) => text[start - 1] === '@');
  const found: Call[] = [];
  const code = tokens.filter(({ kind }) => kind !== 'comment');
  // behind the decorators that stand on the member's own line
  let at = code.findIndex((token) => token.line === line);
  for (;;) {
    const own = calls.find(({ start }) => start - 1 === code[at]?.start);
    if (own === undefined) break;
    found.push(own);
    at = code.indexOf(own.given.close) + 1;
  }
  let before = code.findIndex((token) => token.line === line) - 1;
  for (;;) {
    const above = calls.find(({ given }) => given.close === code[before]);
    if (above === undefined) return found;
    found.push(above);
    before = code.findIndex(({ start }) => start === above.start - 1) - 1;
  }
}
