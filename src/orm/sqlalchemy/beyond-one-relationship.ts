/** The rules that go beyond one relationship: link tables, joined inheritance, and what stands below a cascade. Pure. */
import { groupBy } from '../../core/group-by.ts';
import { clauseText, keyText, tableId } from '../../core/names.ts';
import type { ForeignKey } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { OrmFinding } from '../finding.ts';
import { keyEdits } from '../lint/key-edits.ts';
import { ormFinding, relationshipFinding } from '../lint/key-findings.ts';
import { type Views, viewText } from '../lint/key-views.ts';
import { clauseFor } from '../lint/match-keys.ts';
import { sqlalchemyAction } from './edits.ts';
import { cascadesDelete } from './truth-table.ts';

/** One finding for each key of a link table, though both sides may hold a relationship over it. */
export function linkTables({ relationships }: Views): readonly OrmFinding[] {
  const wrong = relationships.filter(
    ({ relationship, clause, intended, live }) =>
      relationship.through !== null &&
      !relationship.viewOnly &&
      live !== null &&
      clause.onDelete !== 'CASCADE' &&
      (intended === null || intended.onDelete === 'CASCADE'),
  );
  return [...groupBy(wrong, viewText)].flatMap(([key, [view]]) => {
    if (view === undefined) return [];
    const edits = keyEdits(view, clauseFor('CASCADE'), sqlalchemyAction);
    const detail = `${key} is ${clauseText(view.clause)}.`;
    return [relationshipFinding(view, 'ORM_SECONDARY_WITHOUT_DB_CASCADE', 'warning', detail, { edits })];
  });
}

export function inheritances({ facts, keyView }: Views): readonly OrmFinding[] {
  return facts.inheritance.flatMap(({ owner, parent, key, place, passiveDeletes }) => {
    const view = keyView(key);
    if (view === null || view.live === null || view.clause.onDelete === 'CASCADE') return [];
    const bulk = view.isEnforced ? 'fails' : `leaves the rows of ${owner} as orphans`;
    const detail = `${viewText(view)} is ${clauseText(view.clause)}: a bulk delete of ${parent} ${bulk}.`;
    const edits: OrmFinding['edits'] = [
      ...keyEdits(view, clauseFor('CASCADE'), sqlalchemyAction),
      {
        kind: 'model',
        at: 'class',
        target: owner,
        place,
        set: { __mapper_args__: '{"passive_deletes": True}' },
        remove: [],
        text: `class ${owner}: __mapper_args__ = {…, "passive_deletes": True}`,
      },
    ];
    return [
      ormFinding('ORM_JOINED_INHERITANCE_WITHOUT_DB_CASCADE', 'warning', owner, detail, {
        place,
        view,
        edits: passiveDeletes ? edits.slice(0, -1) : edits,
      }),
    ];
  });
}

/** Keys that refuse below a cascade, unless policy or model say so, or a relationship over them has its own finding. */
export function grandchildren(views: Views): readonly OrmFinding[] {
  const { facts, snapshot, decisions, excluded, keyView } = views;
  const writing = views.relationships.filter(({ relationship }) => !relationship.viewOnly);
  const passedOver = new Set([
    ...writing.flatMap(({ relationship, live }) =>
      relationship.direction === 'many-to-one' ? [] : (live ?? []),
    ),
    ...facts.inheritance.flatMap(({ key }) => keyView(key)?.live ?? []),
    ...decisions.flatMap(({ wanted, foreignKey }) =>
      typeof wanted === 'object' && isRefusing(wanted.onDelete) ? [foreignKey] : [],
    ),
  ]);
  const keysBelow = groupBy(snapshot.foreignKeys, ({ parent }) => tableId(parent));
  const found: OrmFinding[] = [];
  for (const view of writing) {
    const { relationship, live, clause } = view;
    const isCascading = clause.onDelete === 'CASCADE' || cascadesDelete(relationship);
    if (live === null || relationship.direction !== 'one-to-many' || !isCascading) continue;
    for (const key of keysBelowCascade(live, keysBelow)) {
      if (!isRefusing(key.onDelete) || key === live || passedOver.has(key) || excluded(key.child)) continue;
      const declared = keyView({
        child: key.child,
        columns: [...key.columns],
        parent: key.parent,
        parentColumns: [...key.parentColumns],
      });
      if (declared !== null && isRefusing(declared.declaredClause?.onDelete ?? 'CASCADE')) continue;
      passedOver.add(key);
      const effect = view.isEnforced ? 'fails once such rows exist' : 'leaves such rows as orphans';
      const detail = `${keyText(key)} is ${key.onDelete}: deleting a ${relationship.owner} ${effect}.`;
      found.push(relationshipFinding(view, 'ORM_UNCOVERED_GRANDCHILD', 'warning', detail));
    }
  }
  return found;
}

/** The keys to the child of a key that cascades, and so on below each that cascades itself. */
function keysBelowCascade(
  cascade: ForeignKey,
  keysBelow: ReadonlyMap<string, readonly ForeignKey[]>,
): readonly ForeignKey[] {
  const tables = new Set([tableId(cascade.child)]);
  const found: ForeignKey[] = [];
  for (const table of tables) {
    const keys = keysBelow.get(table) ?? [];
    found.push(...keys);
    for (const { onDelete, child } of keys) if (onDelete === 'CASCADE') tables.add(tableId(child));
  }
  return found;
}
