/** What the rules look at: declared keys and relationships, each with the live key that it goes over. Pure. */
import type { NameMatching } from '../../core/contracts/engine.ts';
import type { Snapshot, TableName, DeleteClause, ForeignKey, ReferentialAction } from '../../core/model.ts';
import type { Decision } from '../../policy/policy.ts';
import type { Facts, KeyReference, ModelKey, Relationship } from '../facts.ts';
import type { SameAction } from '../../core/referential-actions.ts';
import type { DeleteOutcome } from '../finding.ts';
import { schemaIndex } from '../../core/schema-index.ts';
import { groupBy } from '../../core/group-by.ts';
import { keyText } from '../../core/names.ts';
import { foldName } from '../../policy/pattern/match.ts';
import { clauseFor, clauseOf, lookup } from './match-keys.ts';

export interface LintInput {
  readonly facts: Facts;
  readonly snapshot: Snapshot;
  readonly names: NameMatching;
  /** What the policy wants for each key; empty without a policy. */
  readonly decisions: readonly Decision[];
  readonly sameAction: SameAction;
  /** Tables that the configuration leaves out. */
  readonly excluded: (table: TableName) => boolean;
}

/** A key as the models and the database have it. */
export interface KeyView {
  readonly reference: KeyReference;
  /** Null where the database has no such key; then the declared one stands in for it. */
  readonly live: ForeignKey | null;
  readonly declared: ModelKey | null;
  /** The model's clause; null where it gives none, or one that is no action. */
  readonly declaredClause: DeleteClause | null;
  /** The live clause, else the declared one, else NO ACTION. */
  readonly clause: DeleteClause;
  /** What the policy wants; null where it keeps the key as it is, or there is none. */
  readonly wanted: DeleteClause | null;
  /** What the policy, else the model, says that the key should do; null where neither says anything. */
  readonly intended: DeleteClause | null;
  /** The ORM's next migration makes NO ACTION of a RESTRICT that the model does not say. */
  readonly mustSayRestrict: boolean;
  readonly refusesNull: boolean;
  /** A column that the action sets is NOT NULL. */
  readonly actionRefusesNull: boolean;
  readonly inPrimaryKey: boolean;
  /** A live column that the action sets has no default: SET DEFAULT sets it to NULL. */
  readonly lacksDefault: boolean;
  /** False where there is no key, or the application's connections enforce none: SQLite without PRAGMA foreign_keys. */
  readonly isEnforced: boolean;
}

export interface RelationshipView extends KeyView {
  readonly relationship: Relationship;
  /** Other relationships of the same class over the same key, in the same direction. */
  readonly beside: readonly Relationship[];
  /** The other side, where it is known. */
  readonly reverse: Relationship | null;
}

/** The input of a lint with everything in it matched; keys that are excluded or ambiguous are left out. */
export interface Views extends LintInput {
  readonly keys: readonly { readonly declared: ModelKey; readonly view: KeyView }[];
  /** One for each key of each relationship: those of many-to-many come twice. */
  readonly relationships: readonly RelationshipView[];
  readonly keyView: (reference: KeyReference) => KeyView | null;
}

export function viewsOf(input: LintInput): Views {
  const { facts } = input;
  const keyView = keyViewer(input);
  const byName = new Map(facts.relationships.map((each) => [`${each.owner}.${each.attribute}`, each]));
  const overKey = groupBy(
    facts.relationships.flatMap((relationship) => relationship.keys.map((key) => ({ relationship, key }))),
    ({ relationship, key }) => relationId(relationship, key),
  );
  return {
    ...input,
    keyView,
    keys: facts.foreignKeys.flatMap((declared) => {
      const view = keyView(declared);
      return view === null ? [] : [{ declared, view }];
    }),
    relationships: facts.relationships.flatMap((relationship) =>
      relationship.keys.flatMap((key) => {
        const view = keyView(key);
        if (view === null) return [];
        const all = overKey.get(relationId(relationship, key)) ?? [];
        const beside = all.map((each) => each.relationship).filter((other) => other !== relationship);
        const reverse = relationship.reverse === null ? null : (byName.get(relationship.reverse) ?? null);
        return [{ ...view, relationship, beside, reverse }];
      }),
    ),
  };
}

function keyViewer({ facts, snapshot, names, decisions, excluded, sameAction }: LintInput): Views['keyView'] {
  const found = lookup(facts, schemaIndex(snapshot), names);
  const isEnforced = enforcesKeys(facts, snapshot);
  const wantedFor = new Map(decisions.map(({ foreignKey, wanted }) => [foreignKey, wanted]));
  const fold = (name: string): string => foldName(name, names.columnsIgnoreCase);
  const mustSayRestrict =
    facts.comparesActions && facts.takesBack === 'every action' && !sameAction('RESTRICT', 'NO ACTION');
  return (reference) => {
    const match = found.liveKey(reference);
    if (match.kind === 'ambiguous' || (match.kind === 'found' && excluded(match.key.child))) return null;
    const live = match.kind === 'found' ? match.key : null;
    const declared = found.modelKey(reference);
    const declaredClause = declared?.onDelete == null ? null : clauseOf(declared.onDelete);
    const { onDelete, onDeleteColumns } = live ?? declaredClause ?? clauseFor('NO ACTION');
    const decided = live === null ? null : (wantedFor.get(live) ?? null);
    const wanted = typeof decided === 'string' ? null : decided;
    const liveColumns = found.liveTable(reference.child)?.columns ?? [];
    const modelColumns = found.modelTable(reference.child)?.columns ?? [];
    const liveColumn = (name: string) => liveColumns.find((each) => fold(each.name) === fold(name));
    const accepts = (column: string): boolean =>
      (liveColumn(column) ?? modelColumns.find(({ name }) => name === column))?.nullable ?? true;
    const written = onDeleteColumns ?? reference.columns;
    return {
      reference,
      live,
      declared,
      declaredClause,
      clause: { onDelete, onDeleteColumns },
      wanted,
      intended: wanted ?? declaredClause,
      mustSayRestrict,
      refusesNull: !reference.columns.every(accepts),
      actionRefusesNull: !written.every(accepts),
      inPrimaryKey: modelColumns.some(
        ({ primaryKey, name }) => primaryKey && reference.columns.includes(name),
      ),
      lacksDefault: written.some((column) => liveColumn(column)?.hasDefault === false),
      isEnforced: isEnforced && live !== null,
    };
  };
}

function relationId({ owner, direction }: Relationship, { child, columns, parent }: KeyReference): string {
  return JSON.stringify([owner, direction, child, columns, parent]);
}

/** `book(author_id) -> author(id)`, with the database's names where it has the key. */
export function viewText({ live, reference }: Pick<KeyView, 'live' | 'reference'>): string {
  if (live !== null) return keyText(live);
  const { child, columns, parent, parentColumns } = reference;
  const text = ({ schema, name }: typeof child): string => (schema === null ? name : `${schema}.${name}`);
  const target = parentColumns.length === 0 ? '' : `(${parentColumns.join(', ')})`;
  return `${text(child)}(${columns.join(', ')}) -> ${text(parent)}${target}`;
}

/** Whether the application's connections enforce keys; what nobody asked (`null`) is taken to be so. */
export function enforcesKeys({ sqliteForeignKeys }: Facts, { server }: Snapshot): boolean {
  return server.flavor !== 'sqlite' || sqliteForeignKeys !== false;
}

/** What becomes of each child when a parent is deleted past the ORM. */
export function databaseOutcome(
  action: ReferentialAction,
  { isEnforced, actionRefusesNull }: Pick<KeyView, 'isEnforced' | 'actionRefusesNull'>,
): DeleteOutcome {
  if (!isEnforced) return 'dangling';
  if (action === 'CASCADE') return 'deleted';
  if (action === 'SET NULL') return actionRefusesNull ? 'not-null-violation' : 'nulled';
  return action === 'SET DEFAULT' ? 'defaulted' : 'foreign-key-violation';
}
