/** SQLite connections without PRAGMA foreign_keys: no key acts, so whatever is left to the database becomes an orphan. Pure. */
import type { Edit, OrmFinding } from '../finding.ts';
import { ormFinding, relationshipFinding } from '../lint/key-findings.ts';
import { enforcesKeys, type Views } from '../lint/key-views.ts';
import { outcomesFor, type SqlalchemyView } from './truth-table.ts';

const subject = 'SQLite connections';
const enforcing: Edit = {
  kind: 'application',
  text: 'in a module that is always imported: `@event.listens_for(Engine, "connect")` above `def enforce_keys(connection, record): connection.execute("PRAGMA foreign_keys=ON")`',
};

/** The findings as they hold where keys are not enforced; the same ones where they are. */
export function withPragma(
  { facts, snapshot, excluded }: Views,
  relationships: readonly SqlalchemyView[],
  findings: readonly OrmFinding[],
): readonly OrmFinding[] {
  const keys = snapshot.foreignKeys.filter(({ child }) => !excluded(child));
  if (enforcesKeys(facts, snapshot) || keys.length === 0) return findings;
  const which = keys.length === 1 ? 'the key does nothing' : `none of the ${keys.length} keys does anything`;
  const detail = `A connection made after the models are imported has PRAGMA foreign_keys=OFF: ${which}. Bulk deletes and plain SQL leave the children as orphans, without an error.`;
  return [
    ormFinding('ORM_SQLITE_FOREIGN_KEYS_OFF', 'error', subject, detail, {
      place: null,
      edits: [enforcing],
    }),
    ...relationships.flatMap(leavingOrphans),
    // whatever relies on the database comes after the pragma
    ...findings.map((finding) => ({
      ...finding,
      edits: enforcingFirst(finding.edits),
      choices: finding.choices.map((choice) => ({ ...choice, edits: enforcingFirst(choice.edits) })),
    })),
  ];
}

const enforcingFirst = (edits: readonly Edit[]): readonly Edit[] =>
  edits.length === 0 ? [] : [enforcing, ...edits];

/** A relationship whose children, or links, SQLAlchemy leaves to the database. */
function leavingOrphans(view: SqlalchemyView): readonly OrmFinding[] {
  const { direction, viewOnly, passiveDeletes, keys } = view.relationship;
  if (viewOnly || direction === 'many-to-one') return [];
  const isLink = direction === 'many-to-many';
  const outcomes = isLink ? null : outcomesFor(view);
  const isLeft = isLink
    ? passiveDeletes !== false && view.reference === keys[0]
    : outcomes?.unloaded === 'dangling';
  if (!isLeft) return [];
  const what = isLink ? 'the links' : 'children that are not loaded';
  const detail = `session.delete leaves ${what} to the database, which does nothing: they become orphans.`;
  const parts = { outcomes, edits: [enforcing] };
  return [relationshipFinding(view, 'ORM_SQLITE_FOREIGN_KEYS_OFF', 'error', detail, parts)];
}
