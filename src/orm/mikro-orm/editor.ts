/** How MikroORM's entities write an edit: deleteRule in the decorator above the property that holds the key. Pure. */
import type { ModelEdit } from '../finding.ts';
import { type Call, callsIn, objectIn } from '../model-files/calls.ts';
import type { ModelSource } from '../model-files/edits.ts';
import { optionsText, withOptions } from '../model-files/in-calls.ts';
import { inQuotesOf, type Written } from '../model-files/splices.ts';
import type { Source } from '../model-files/tokens.ts';

export const mikroOrmSource: ModelSource = {
  language: 'javascript',
  write(source, line, edit) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const [call, ...more] = decoratorsOf(source, line).filter(({ name }) =>
      /^(ManyToOne|OneToOne)$/.test(name.text),
    );
    if (call === undefined || more.length > 0)
      return 'no single @ManyToOne(…) or @OneToOne(…) stands above it';
    return inDecorator(source, call, edit);
  },
};

/** Options come first, or behind the function that names the entity; @OneToOne may have the other side's name between them. */
function inDecorator(source: Source, call: Call, edit: ModelEdit): Written {
  const { given, name } = call;
  const last = name.text === 'OneToOne' ? 2 : 1;
  const [only, ...more] = given.all;
  const isOptions = only !== undefined && more.length === 0 && objectIn(source, only) !== null;
  if (only !== undefined) return withOptions(source, call, edit, { first: isOptions ? 0 : 1, last });
  const [text = ''] = inQuotesOf(source, [optionsText(edit)]);
  return [{ start: given.open.end, end: given.open.end, text }];
}

/** The decorators of the member whose name stands on a line: from that line's code backwards, with nothing but them before it. */
function decoratorsOf(source: Source, line: number): readonly Call[] {
  const { text, tokens } = source;
  const calls = callsIn(source).filter(({ start }) => text[start - 1] === '@');
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
