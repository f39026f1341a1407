/** What a rule looks at: a relationship, an inheritance or a declared key, with the live key that it goes over. Pure. */
import type { Column, DeleteClause, ForeignKey, ReferentialAction } from '../core/model.ts';
import { clauseText, keyText } from '../core/model.ts';
import { foldName } from '../policy/pattern/match.ts';
import type { LintInput } from './adapter.ts';
import type { KeyReference, ModelKey, Relationship } from './facts.ts';
import { clauseOf, lookup, type Lookup } from './match-keys.ts';

/** A key as the models and the database see it. */
export interface KeyView {
  readonly reference: KeyReference;
  /** Null where the database has no such key: what the model declares is taken for it. */
  readonly live: ForeignKey | null;
  readonly declared: ModelKey | null;
  /** The model's clause; null where it says none, or none that is an action. */
  readonly declaredClause: DeleteClause | null;
  /** The live clause, else the declared one, else NO ACTION. */
  readonly clause: DeleteClause;
  /** What the policy wants; null where it leaves the key as it is, or there is none. */
  readonly wanted: DeleteClause | null;
  readonly refusesNull: boolean;
  readonly actionRefusesNull: boolean;
  readonly inPrimaryKey: boolean;
  /** A live column of the key has no default: SET DEFAULT sets it to NULL. */
  readonly lacksDefault: boolean;
}

export interface RelationshipView extends KeyView {
  readonly relationship: Relationship;
  /** Other relationships of the same class over the same key, in the same direction. */
  readonly beside: readonly Relationship[];
  /** The other side, where it is known. */
  readonly reverse: Relationship | null;
  /** SQLAlchemy 1.4: a delete does not load what lazy="raise" forbids to load. */
  readonly raises: boolean;
}

export interface Views {
  readonly lookup: Lookup;
  /** One for each key of each relationship that is in scope; those of many-to-many come twice. */
  readonly relationships: readonly RelationshipView[];
  keyView(reference: KeyReference): KeyView | null;
}

/** Puts the facts and the live keys side by side; keys that the configuration excludes, or that are ambiguous, are left out. */
export function viewsOf(input: LintInput): Views {
  const { facts, snapshot, names, excluded } = input;
  const found = lookup(facts, snapshot, names);
  const wantedFor = new Map(input.decisions.map((decision) => [decision.foreignKey, decision.wanted]));
  const fold = (name: string): string => foldName(name, names.columnsIgnoreCase);

  const keyView = (reference: KeyReference): KeyView | null => {
    const match = found.live(reference);
    if (match.kind === 'ambiguous' || (match.kind === 'found' && excluded(match.key.child))) return null;
    const live = match.kind === 'found' ? match.key : null;
    const declared = found.declared(reference);
    const declaredClause = declared?.onDelete == null ? null : clauseOf(declared.onDelete);
    const clause = live ?? declaredClause ?? { onDelete: 'NO ACTION', onDeleteColumns: null };
    const wanted = live === null ? null : (wantedFor.get(live) ?? null);
    const liveColumns = found.liveTable(reference.child)?.columns ?? [];
    const modelColumns = found.modelTable(reference.child)?.columns ?? [];
    const liveColumn = (name: string): Column | null =>
      liveColumns.find((each) => fold(each.name) === fold(name)) ?? null;
    const accepts = (column: string): boolean =>
      (liveColumn(column) ?? modelColumns.find((each) => each.name === column))?.nullable ?? true;
    const written = clause.onDeleteColumns ?? reference.columns;
    return {
      reference,
      live,
      declared,
      declaredClause,
      clause: { onDelete: clause.onDelete, onDeleteColumns: clause.onDeleteColumns },
      wanted: typeof wanted === 'string' ? null : wanted,
      refusesNull: !reference.columns.every(accepts),
      actionRefusesNull: !written.every(accepts),
      inPrimaryKey: modelColumns.some(
        (each) => each.primaryKey && reference.columns.some((name) => name === each.name),
      ),
      lacksDefault: written.some((column) => liveColumn(column)?.hasDefault === false),
    };
  };

  const byName = new Map(facts.relationships.map((each) => [`${each.owner}.${each.attribute}`, each]));
  const over = new Map<string, Relationship[]>();
  for (const each of facts.relationships) {
    for (const key of each.keys) {
      const id = idOf(each, key);
      over.set(id, [...(over.get(id) ?? []), each]);
    }
  }
  const raises = facts.ormVersion?.startsWith('1.') ?? false;
  const relationships = facts.relationships.flatMap((relationship) =>
    relationship.keys.flatMap((key) => {
      const view = keyView(key);
      if (view === null) return [];
      const beside = (over.get(idOf(relationship, key)) ?? []).filter((other) => other !== relationship);
      const reverse = relationship.reverse === null ? null : (byName.get(relationship.reverse) ?? null);
      return [{ ...view, relationship, beside, reverse, raises }];
    }),
  );
  return { lookup: found, relationships, keyView };
}

function idOf(relationship: Relationship, key: KeyReference): string {
  return JSON.stringify([relationship.owner, relationship.direction, key.child, key.columns, key.parent]);
}

export const refuses = (action: ReferentialAction): boolean =>
  action === 'NO ACTION' || action === 'RESTRICT';

/** `book(author_id) -> author(id)`, as the database calls it where it has the key. */
export function viewText({ live, reference }: Pick<KeyView, 'live' | 'reference'>): string {
  if (live !== null) return keyText(live);
  const named = ({ schema, name }: KeyReference['child']): string =>
    schema === null ? name : `${schema}.${name}`;
  const columns = reference.parentColumns.length === 0 ? '' : `(${reference.parentColumns.join(', ')})`;
  return `${named(reference.child)}(${reference.columns.join(', ')}) -> ${named(reference.parent)}${columns}`;
}

/** `CASCADE, NOT NULL`; null where the database has no such key. */
export function liveText({ live, refusesNull }: Pick<KeyView, 'live' | 'refusesNull'>): string | null {
  return live === null ? null : `${clauseText(live)}, ${refusesNull ? 'NOT NULL' : 'nullable'}`;
}

/** What somebody has said that the key should do: the policy, else the model. */
export function saidFor({
  wanted,
  declaredClause,
}: Pick<KeyView, 'wanted' | 'declaredClause'>): DeleteClause | null {
  return wanted ?? declaredClause;
}
