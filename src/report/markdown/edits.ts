/** The edits of an application's models in a comment, as a diff. */
import { code, fenced, prose } from '../escape.ts';
import { type EditReport, leftOutText, onScreen } from '../text/edits.ts';
import type { Section } from './fit.ts';

export function editSections(report: EditReport | null): readonly Section[] {
  if (report === null) return [];
  const { edits, leftOut, note, orm, source } = report;
  const what = `${prose(orm)}, ${code(source)}`;
  return [
    {
      noun: 'edit',
      before: [`#### Edits of the models (${what})`, ''],
      items: edits
        .map(onScreen)
        .map(({ file, line, before, after }) =>
          [
            code(`${file}:${line}`),
            '',
            ...fenced(
              [...before.map((text) => `-${text}`), ...after.map((text) => `+${text}`)].join('\n'),
              'diff',
            ),
            '',
          ].join('\n'),
        ),
      after: note === null ? [] : [prose(note), ''],
    },
    {
      noun: 'edit by hand',
      before: edits.length === 0 ? [`#### Edits of the models (${what})`, ''] : [],
      items: leftOut.map((one) => `- ${prose(leftOutText(one))}`),
      after: [''],
    },
  ];
}
