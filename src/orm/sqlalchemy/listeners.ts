/** Listeners for deletes of a child whose parent has no collection of them: the database alone deletes the rows. Pure. */
import type { OrmFinding } from '../finding.ts';
import { ormFinding } from '../lint/key-findings.ts';
import { type Views, viewText } from '../lint/key-views.ts';

export function listenersPassedBy({ facts, keys, relationships }: Views): readonly OrmFinding[] {
  const held = new Set(
    relationships
      .filter(({ relationship }) => relationship.direction !== 'many-to-one' && !relationship.viewOnly)
      .map(viewText),
  );
  const heard = new Map(
    facts.tables.map(({ schema, name, deleteEvents }) => [`${schema}.${name}`, deleteEvents]),
  );
  return keys.flatMap(({ declared, view }) => {
    const { schema, name } = declared.child;
    const events = heard.get(`${schema}.${name}`) ?? [];
    const isInherited = facts.inheritance.some(
      ({ key }) => key.child.name === name && key.child.schema === schema,
    );
    if (events.length === 0 || view.clause.onDelete !== 'CASCADE' || view.live === null) return [];
    if (!view.isEnforced) return [];
    if (held.has(viewText(view)) || isInherited) return [];
    const detail = `The class of ${name} has listeners for ${events.join(' and ')}; a delete of ${declared.parent.name} deletes these rows in the database, without calling them.`;
    const severity = view.wanted?.onDelete === 'CASCADE' ? 'info' : 'warning';
    return [
      ormFinding('ORM_EVENTS_SKIP_ON_DB_CASCADE', severity, viewText(view), detail, {
        place: declared.place,
        view,
      }),
    ];
  });
}
