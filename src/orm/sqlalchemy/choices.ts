/** The ways to make a relationship and its key agree, with what each costs, and which one the models ask for. Pure. */
import type { Advice, Choice } from '../finding.ts';
import { relationshipText } from '../facts.ts';
import { liveText, positionOf } from '../lint/key-findings.ts';
import { type RelationshipView, type Views, viewText } from '../lint/key-views.ts';
import { clauseText } from '../../core/names.ts';
import { clauseFor } from '../lint/match-keys.ts';
import { byOrm, editsTowards, type End, endOf, keeping, reasonsForOrm } from './edits.ts';

/** Every way; the recommended one first. */
function allChoices(view: RelationshipView): readonly Choice[] {
  const recommended = endOf(view);
  const ends = [{ clause: clauseFor('CASCADE'), by: 'database' } as const, byOrm(view), keeping(view)];
  const others = ends.filter((end) => !isSame(end, recommended));
  return [recommended, ...others].map((end) => choiceFor(view, end, end === recommended));
}

/** Those that are worth a thought: none where policy and model leave no doubt. */
export function choicesFor(view: RelationshipView): readonly Choice[] {
  const { intended, wanted } = view;
  const asksForOrm = reasonsForOrm(view).length > 0;
  const isOpen = intended === null || (wanted === null && asksForOrm && intended.onDelete === 'CASCADE');
  if (!isOpen) return [];
  const all = allChoices(view);
  return asksForOrm ? all : all.filter(({ title }) => title !== titles.orm);
}

const isSame = (a: End, b: End): boolean => a.by === b.by && clauseText(a.clause) === clauseText(b.clause);

const titles = {
  database: 'the database deletes the children',
  orm: 'SQLAlchemy deletes the children one by one',
  keep: 'the children stay, with an empty key',
  refuse: 'the delete is refused',
} as const;

function choiceFor(view: RelationshipView, end: End, recommended: boolean): Choice {
  const kind = kindOf(end);
  return {
    title: titles[kind],
    recommended,
    edits: editsTowards(view, end),
    costs: costsOf(kind, end),
  };
}

function kindOf({ clause, by }: End): keyof typeof titles {
  if (by === 'orm') return 'orm';
  if (clause.onDelete === 'CASCADE') return 'database';
  return clause.onDelete === 'SET NULL' || clause.onDelete === 'SET DEFAULT' ? 'keep' : 'refuse';
}

function costsOf(kind: keyof typeof titles, { clause }: End): Choice['costs'] {
  const enforced = 'where keys are enforced: InnoDB, and SQLite with PRAGMA foreign_keys=ON';
  switch (kind) {
    case 'database':
      return {
        portability: enforced,
        speed: 'one statement, however many children',
        bulkDeletes: 'do the same',
        listeners: 'before_delete and after_delete of the children are not called',
      };
    case 'orm':
      return {
        portability: 'any database',
        speed: 'loads every child and deletes each by its primary key',
        bulkDeletes:
          clause.onDelete === 'CASCADE'
            ? 'are done by the database, past the listeners'
            : 'fail as long as there are children: no listener is skipped',
        listeners: 'called for every child',
      };
    case 'keep':
      return {
        portability: enforced,
        speed: 'one statement, however many children',
        bulkDeletes: 'do the same',
        listeners: 'no child is deleted; rows without a parent stay until something removes them',
      };
    case 'refuse':
      return {
        portability: enforced,
        speed: 'nothing is deleted',
        bulkDeletes: 'fail as well, as long as there are children',
        listeners: 'called where the application deletes the children first',
      };
  }
}

/** One for each collection of children that SQLAlchemy writes. */
export function sqlalchemyAdvice({ relationships }: Views): readonly Advice[] {
  return relationships.flatMap((view) => {
    const { relationship } = view;
    if (relationship.direction !== 'one-to-many' || relationship.viewOnly || view.live === null) return [];
    const reasons = reasonsForOrm(view);
    const level = endOf(view).by;
    const because = reasons.length > 0 ? reasons : ['nothing in the models has to see each delete'];
    return [
      {
        subject: relationshipText(relationship),
        position: positionOf(relationship.place),
        key: viewText(view),
        live: liveText(view),
        level,
        because,
        choices: allChoices(view),
      },
    ];
  });
}
