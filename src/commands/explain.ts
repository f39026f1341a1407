/** `ondelete explain CODE`: the catalogue's entry. */
import { OndeleteError } from '../errors.ts';
import { catalogue, entryOf } from '../hazards.ts';
import { paintFor, wrap } from '../report/layout.ts';
import { textOf, type Command } from './command.ts';

const inWords = {
  refused: 'refused: cannot be made at all',
  allow: 'refused until --allow',
  told: 'told: shown, nothing is held back',
} as const;

export const explain: Command = {
  flags: {},
  run(args, context) {
    const code = (textOf(args, 'code') ?? '').toUpperCase();
    const entry = entryOf(code);
    if (entry === null) {
      const known = Object.keys(catalogue).sort().join(', ');
      throw new OndeleteError(
        'USAGE',
        `no finding or hazard is called ${JSON.stringify(code)}`,
        `Known codes: ${known}.`,
      );
    }
    const paint = paintFor(context.page);
    const grade = entry.grade === null ? 'finding' : `hazard, ${inWords[entry.grade]}`;
    const lines = [
      `${paint.bold(code)}  ${grade}`,
      ...wrap(entry.title, context.page, 2),
      '',
      ...wrap(entry.effect, context.page, 2),
      ...wrap(`Way out: ${entry.wayOut}`, context.page, 2),
    ];
    context.print(lines.join('\n'));
    return Promise.resolve(0);
  },
};
