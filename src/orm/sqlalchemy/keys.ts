/** The rules that go beyond one relationship: link tables, joined inheritance, and what stands below a cascade. Pure. */
import { clauseText, keyText, sameTable, type ForeignKey } from '../../core/model.ts';
import type { LintInput, OrmFinding } from '../adapter.ts';
import { relationshipText } from '../facts.ts';
import { cascadesDelete } from './truth-table.ts';
import { ormFinding } from '../key-rules.ts';
import { keyEdits } from '../key-edits.ts';
import { declaration } from './edits.ts';
import { refuses, saidFor, viewText, type Views } from '../key-views.ts';

/** Once for each key of a link table, though both sides may hold a relationship over it. */
export function secondaries(views: Views): readonly OrmFinding[] {
  const told = new Set<string>();
  return views.relationships.flatMap((view) => {
    const { relationship, clause } = view;
    const key = viewText(view);
    const fine = relationship.through === null || clause.onDelete === 'CASCADE';
    if (fine || relationship.viewOnly || told.has(key)) return [];
    const said = saidFor(view);
    if (said !== null && said.onDelete !== 'CASCADE') return [];
    told.add(key);
    const detail = `${key} is ${clauseText(clause)}.`;
    return [
      ormFinding('ORM_SECONDARY_WITHOUT_DB_CASCADE', 'warning', relationshipText(relationship), detail, {
        place: relationship.place,
        view,
        edits: keyEdits(view, { onDelete: 'CASCADE', onDeleteColumns: null }, declaration),
      }),
    ];
  });
}

export function inheritances(input: LintInput, views: Views): readonly OrmFinding[] {
  return input.facts.inheritance.flatMap((inheritance) => {
    const view = views.keyView(inheritance.key);
    if (view === null || view.clause.onDelete === 'CASCADE') return [];
    const detail = `${viewText(view)} is ${clauseText(view.clause)}: a bulk delete of ${inheritance.parent} fails.`;
    const edits: OrmFinding['edits'] = [
      ...keyEdits(view, { onDelete: 'CASCADE', onDeleteColumns: null }, declaration),
      {
        kind: 'model',
        target: inheritance.owner,
        place: inheritance.place,
        set: { __mapper_args__: '{"passive_deletes": True}' },
        remove: [],
        text: `class ${inheritance.owner}: __mapper_args__ = {…, "passive_deletes": True}`,
      },
    ];
    return [
      ormFinding('ORM_JOINED_INHERITANCE_WITHOUT_DB_CASCADE', 'warning', inheritance.owner, detail, {
        place: inheritance.place,
        view,
        edits: inheritance.passiveDeletes ? edits.slice(0, -1) : edits,
      }),
    ];
  });
}

/** Keys that refuse below a cascade, unless somebody said that they shall, or a relationship over them is told already. */
export function grandchildren(input: LintInput, views: Views): readonly OrmFinding[] {
  const { snapshot } = input;
  const writing = views.relationships.filter(({ relationship }) => !relationship.viewOnly);
  const held = new Set(
    writing
      .filter(({ relationship }) => relationship.direction !== 'many-to-one')
      .flatMap(({ live }) => live ?? []),
  );
  const inherited = new Set(input.facts.inheritance.flatMap(({ key }) => views.keyView(key)?.live ?? []));
  const meant = new Set(
    input.decisions
      .filter(({ wanted }) => typeof wanted === 'object' && refuses(wanted.onDelete))
      .map(({ foreignKey }) => foreignKey),
  );
  const told = new Set<ForeignKey>();
  const below = (table: ForeignKey['child']): readonly ForeignKey[] =>
    snapshot.foreignKeys.filter((key) => sameTable(key.parent, table));
  const found: OrmFinding[] = [];
  for (const view of writing) {
    const { relationship, live, clause } = view;
    const cascades = clause.onDelete === 'CASCADE' || cascadesDelete(relationship);
    if (live === null || relationship.direction !== 'one-to-many' || !cascades) continue;
    const seen = new Set<string>();
    const queue = [live.child];
    for (let table = queue.shift(); table !== undefined; table = queue.shift()) {
      if (seen.has(JSON.stringify(table))) continue;
      seen.add(JSON.stringify(table));
      for (const key of below(table)) {
        if (key.onDelete === 'CASCADE') queue.push(key.child);
        const guarded =
          key === live || held.has(key) || inherited.has(key) || meant.has(key) || told.has(key);
        if (!refuses(key.onDelete) || guarded || input.excluded(key.child)) continue;
        const reference = {
          child: key.child,
          columns: [...key.columns],
          parent: key.parent,
          parentColumns: [...key.parentColumns],
        };
        const declared = views.keyView(reference);
        if (declared !== null && refuses(declared.declaredClause?.onDelete ?? 'CASCADE')) continue;
        told.add(key);
        const detail = `${keyText(key)} is ${key.onDelete}: deleting a ${relationship.owner} fails once such rows exist.`;
        found.push(
          ormFinding('ORM_UNCOVERED_GRANDCHILD', 'warning', relationshipText(relationship), detail, {
            place: relationship.place,
            view,
          }),
        );
      }
    }
  }
  return found;
}
