/** What the JSON reports and the library say of keys, in the same words: plain data with stable names (ondelete-report.schema.json). */
import { entryOf, type Grade } from '../core/codes/index.ts';
import type {
  Change,
  DeleteClause,
  Finding,
  Hazard,
  Refusal,
  RuleReference,
  TableName,
} from '../core/model.ts';
import { clauseText, keyText } from '../core/names.ts';
import { type CountedReach, countOf, incompleteText } from '../reach/count.ts';
import type { Reach, ReachFailure, TouchedTable } from '../reach/index.ts';
import { proseOf } from './content.ts';

/** An ON DELETE clause, and how it is written: `SET NULL (author_id)`. */
export interface ClauseData extends DeleteClause {
  readonly text: string;
}

/** A foreign key that differs from the policy. */
export interface ChangeData {
  /** `finish`: the change was begun and is not complete. */
  readonly kind: Change['kind'];
  /** `public.order_items(order_id) -> public.orders(id)`. */
  readonly key: string;
  /** The constraint's name; null where it has none. */
  readonly constraint: string | null;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  readonly parentColumns: readonly string[];
  /** What the database does. */
  readonly from: ClauseData;
  /** What the policy asks for. */
  readonly to: ClauseData;
  /** The rule that asks for it, with its place in the policy's file. */
  readonly rule: RuleReference;
}

/** What a code means: the same text as `ondelete explain CODE` gives. */
export interface CodeText {
  readonly title: string;
  readonly effect: string;
  readonly help: string;
}

export type FindingData = Finding & CodeText;

export type HazardData = Hazard & CodeText & { readonly grade: Grade | null };

/** A change that cannot be made as things are, and why. */
export interface RefusalData extends ChangeData {
  readonly hazards: readonly HazardData[];
}

export function changeData(change: Change): ChangeData {
  const { kind, foreignKey, from, to, rule } = change;
  return {
    kind,
    key: keyText(foreignKey),
    constraint: foreignKey.name,
    child: foreignKey.child,
    columns: foreignKey.columns,
    parent: foreignKey.parent,
    parentColumns: foreignKey.parentColumns,
    from: clauseData(from),
    to: clauseData(to),
    rule,
  };
}

function clauseData(clause: DeleteClause): ClauseData {
  return { onDelete: clause.onDelete, onDeleteColumns: clause.onDeleteColumns, text: clauseText(clause) };
}

/** A finding with the catalogue's text; whatever else it holds stays. */
export function findingData(finding: Finding): FindingData {
  return { ...finding, ...proseOf(finding.code) };
}

export function refusalData({ change, hazards }: Refusal): RefusalData {
  return { ...changeData(change), hazards: hazards.map(hazardData) };
}

export function hazardData(hazard: Hazard): HazardData {
  return { ...hazard, grade: entryOf(hazard.code)?.grade ?? null, ...proseOf(hazard.code) };
}

/** What deleting a row of a table does: `reach` with, after `where`, the rows that were counted. */
export interface ReachData extends Omit<Reach, 'touched' | 'failures'> {
  /** The expression that picked the rows; null where none were counted. */
  readonly where: string | null;
  /** How many rows it picks. */
  readonly rowsPicked: number | null;
  /** Why some rows are not counted, in a sentence; null where all are. */
  readonly incomplete: string | null;
  readonly touched: readonly TouchedData[];
  readonly failures: readonly (ReachFailure & CodeText)[];
}

export interface TouchedData extends TouchedTable {
  /** Rows that were counted; null where they were not. */
  readonly counted: number | null;
}

export function reachData(reach: Reach, counted: CountedReach | null): ReachData {
  return {
    table: reach.table,
    where: counted?.where ?? null,
    rowsPicked: counted?.picked ?? null,
    incomplete: counted === null ? null : incompleteText(counted),
    depth: reach.depth,
    rows: reach.rows,
    touched: reach.touched.map((one) => ({
      ...one,
      counted: counted === null ? null : countOf(counted, one),
    })),
    failures: reach.failures.map((one) => ({ ...one, ...proseOf(one.code) })),
  };
}
