/** One fault that shows in the database and in the models is told once, with the models: there the edits are. Pure. */
import type { Finding } from '../../core/model.ts';
import type { OrmFinding } from '../../orm/finding.ts';

export function withoutFindingsOf(
  ofDatabase: readonly Finding[],
  ofModels: readonly OrmFinding[],
): readonly Finding[] {
  const told = new Set(ofModels.flatMap(namesOf));
  return ofDatabase.filter(({ code, subject }) => !told.has(nameOf(code, subject)));
}

const nameOf = (code: string, subject: string): string => `${code}\0${subject}`;

/** What the models as a policy say of themselves, and the same fault of the live key. */
function namesOf({ code, subject, key }: OrmFinding): readonly string[] {
  const live =
    code === 'ORM_SET_NULL_ON_NOT_NULL' && key !== null ? [nameOf('SET_NULL_LIVE_ON_NOT_NULL', key)] : [];
  return [nameOf(code, subject), ...live];
}
