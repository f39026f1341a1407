/** What one direction of a migration runs, for files that are lists of statements. */
import type { Statement, Step } from '../../src/core/model.ts';

export type Line = Pick<Statement, 'comment' | 'sql'>;

/** The statements of one step. */
export interface Section {
  readonly title: string;
  /** One by one, in order, on one connection. */
  readonly statements: readonly Line[];
  /** At the end and after an error. */
  readonly always: readonly Line[];
}

/**
 * The steps that have something to do, in the order of this direction.
 * @param opens whether the file opens its transactions itself, or is in one of the tool's
 */
export function sections(
  steps: readonly Step[],
  direction: 'up' | 'down',
  opens: 'own transactions' | 'none',
): readonly Section[] {
  const ordered = direction === 'up' ? steps : [...steps].reverse();
  return ordered.flatMap(({ title, transaction, ...step }) => {
    const body = step[direction];
    if (body.kind === 'nothing') return [];
    const own = opens === 'none' ? null : transaction;
    const before = own === null ? [] : [{ comment: '', sql: own.begin }];
    const after = own === null ? [] : [{ comment: '', sql: own.commit }];
    return [{ title, statements: [...before, ...body.statements, ...after], always: body.always }];
  });
}
