/** What one direction of a migration runs, for files that are lists of statements. */
import type { Direction, Statement, Step } from '../../src/core/model.ts';

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
  direction: Direction,
  opens: 'own transactions' | 'none',
): readonly Section[] {
  return stepsInOrder(steps, direction).flatMap(({ title, transaction, ...step }) => {
    const body = step[direction];
    if (body.kind === 'nothing') return [];
    const own = opens === 'none' ? null : transaction;
    const before = own === null ? [] : [{ comment: '', sql: own.begin }];
    const after = own === null ? [] : [{ comment: '', sql: own.commit }];
    return [{ title, statements: [...before, ...body.statements, ...after], always: body.always }];
  });
}

/** Down runs the steps last to first. */
export function stepsInOrder(steps: readonly Step[], direction: Direction): readonly Step[] {
  return direction === 'up' ? steps : steps.toReversed();
}

/** For a comment: a direction without statements says why. */
export function nothingToDo({ title }: Pick<Step, 'title'>, reason: string): string {
  return `${title}: nothing to do, ${reason}`;
}
