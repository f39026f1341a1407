/** What speaks against a change on InnoDB. Pure; what holds on every engine is judged elsewhere. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import {
  keyText,
  sameTable,
  tableText,
  type Change,
  type Finding,
  type ForeignKey,
  type Hazard,
  type Index,
  type Snapshot,
  type Table,
} from '../../../src/core/model.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import { capabilities as capabilitiesOf } from './capabilities.ts';
import { leavesSiblings, lossyPaths, pathText } from './cascades.ts';
import { checkNote, storedNote } from '../introspector/tables.ts';

interface Question {
  readonly change: Change;
  readonly key: ForeignKey;
  readonly child: Table | null;
  readonly parent: Table | null;
  readonly can: (name: string) => boolean;
}

type Objection = readonly [code: Code, detail: string] | null;

/** The hazards of one change. */
export function judge(change: Change, snapshot: Snapshot, capabilities: Capabilities): readonly Hazard[] {
  const key = change.foreignKey;
  const question: Question = {
    change,
    key,
    child: tableNamed(snapshot, key.child),
    parent: tableNamed(snapshot, key.parent),
    can: (name) => capabilities[name]?.has ?? false,
  };
  const hazards: Hazard[] = [];
  for (const objection of objections) {
    const answer = objection(question);
    if (answer !== null) hazards.push({ code: answer[0], subject: keyText(key), detail: answer[1] });
  }
  return hazards;
}

const objections: readonly ((question: Question) => Objection)[] = [
  setDefault,
  columnList,
  nullOnCheck,
  storedBase,
  nonUniqueParent,
  missingParent,
  engine,
  originalName,
  silentTriggers,
  depth,
  branches,
  siblings,
];

function setDefault({ change }: Question): Objection {
  return change.to.onDelete === 'SET DEFAULT'
    ? ['SET_DEFAULT_UNSUPPORTED', 'InnoDB would refuse every delete, as with RESTRICT.']
    : null;
}

function columnList({ change }: Question): Objection {
  return change.to.onDeleteColumns === null
    ? null
    : ['COLUMN_LIST_UNSUPPORTED', 'MySQL and MariaDB set all columns of the key to NULL.'];
}

/** Names that a CHECK or a generated column mentions: the servers print them in backticks, and text in quotes. */
function mentioned(expression: string): ReadonlySet<string> {
  // MySQL prints the expression as it would stand inside a string: _utf8mb4\'text\'.
  const plain = /\\'/.test(expression) ? expression.replace(/\\([\s\S])/g, '$1') : expression;
  const code = plain.replace(/'(?:[^'\\]|''|\\[\s\S])*'/g, '');
  return new Set(
    [...code.matchAll(/`((?:[^`]|``)+)`/g)].map((match) =>
      (match[1] ?? '').replaceAll('``', '`').toLowerCase(),
    ),
  );
}

function touching(key: ForeignKey, notes: readonly string[], prefix: string): string | null {
  const columns = key.columns.map((column) => column.toLowerCase());
  const note = notes.find((each) => {
    if (!each.startsWith(prefix)) return false;
    const names = mentioned(each.slice(prefix.length));
    return columns.some((column) => names.has(column));
  });
  return note?.slice(prefix.length) ?? null;
}

/** Error 3823 on MySQL, 1901 on MariaDB (measured). */
function nullOnCheck({ change, key, child }: Question): Objection {
  if (change.to.onDelete !== 'SET NULL' || child === null) return null;
  const check = touching(key, child.notes, checkNote);
  return check === null ? null : ['SET_NULL_ON_CHECK', `The CHECK is ${check}.`];
}

/**
 * Error 3192 on MySQL. MariaDB takes CASCADE where it copies the table, and refuses it with error 138 where it does not (measured on
 * 10.11 and 11.8), so a key that cascades today could be changed but not changed back.
 */
function storedBase({ change, key, child }: Question): Objection {
  const writes = [change.to.onDelete, change.from.onDelete].find(
    (action) => action === 'SET NULL' || action === 'CASCADE',
  );
  if (child === null || writes === undefined) return null;
  const column = touching(key, child.notes, storedNote);
  return column === null
    ? null
    : ['STORED_BASE_COLUMN', `${writes} cannot be added without a copy of the table: ${column}.`];
}

function nonUniqueParent({ key, parent, can }: Question): Objection {
  if (can('nonUniqueParents') || parent === null || isUnique(key, parent)) return null;
  return [
    'PARENT_NOT_UNIQUE',
    `No unique index of ${tableText(key.parent)} is over exactly (${key.parentColumns.join(', ')}).`,
  ];
}

function isUnique(key: ForeignKey, parent: Table): boolean {
  if (parent.indexes.some((index) => index.unique && isOver(index, key.parentColumns))) return true;
  const wanted = key.parentColumns.map((column) => column.toLowerCase()).sort();
  return parent.indexes.some((index) => {
    const own = index.columns.map((column) => column?.toLowerCase() ?? '').sort();
    return index.unique && own.length === wanted.length && own.every((column, at) => column === wanted[at]);
  });
}

function isOver(index: Index, columns: readonly string[]): boolean {
  return (
    index.columns.length === columns.length && index.columns.every((column, at) => column === columns[at])
  );
}

/** With foreign_key_checks=0 a parent can be dropped, and the key stays. */
function missingParent({ key, parent }: Question): Objection {
  return parent === null
    ? [
        'NOT_AVAILABLE_HERE',
        `The parent ${tableText(key.parent)} does not exist, or this user may not see it.`,
      ]
    : null;
}

function engine({ child, parent }: Question): Objection {
  const other = [child, parent].find(
    (table) => table !== null && table.engine !== null && table.engine.toLowerCase() !== 'innodb',
  );
  if (other === undefined || other === null) return null;
  return [
    'NOT_AVAILABLE_HERE',
    `${tableText(other)} is a table of the engine ${other.engine ?? ''}; only InnoDB swaps a key without a copy.`,
  ];
}

function originalName({ key }: Question): Objection {
  if (key.name !== null) return null;
  return [
    'ORIGINAL_NAME_UNKNOWN',
    `It is called ${key.halfDone?.temporaryName ?? ''} in the meantime; the name was too long to be kept in that.`,
  ];
}

function silentTriggers({ change, child, can }: Question): Objection {
  if (!acts(change) || can('cascadeTriggers') || child === null || child.triggers.length === 0) return null;
  return ['TRIGGERS_NOT_FIRED', `Triggers of ${tableText(child)}: ${child.triggers.join(', ')}.`];
}

function acts(change: Change): boolean {
  return change.to.onDelete === 'CASCADE' || change.to.onDelete === 'SET NULL';
}

/** Error 3008 on MySQL, 1296 on MariaDB (measured: 15 levels pass, 16 fail). */
function depth({ change, key }: Question): Objection {
  if (change.to.onDelete !== 'CASCADE' || !sameTable(key.child, key.parent)) return null;
  return ['SELF_REFERENCE_DEPTH', `A delete reaches 15 levels of ${tableText(key.child)}.`];
}

/** Keys are the server's own business since MySQL 9.6, which counts the same table again and again until its limit is reached. */
function branches({ change, key, can }: Question): Objection {
  if (change.to.onDelete !== 'CASCADE' || can('cascadesOverBranches')) return null;
  if (!sameTable(key.child, key.parent)) return null;
  return [
    'SELF_REFERENCE_BRANCHES',
    `Deleting a row of ${tableText(key.child)} fails (error 6575) once two of its children have children of their own.`,
  ];
}

function siblings({ change, key, can }: Question): Objection {
  if (can('cascadesToSiblings') || !leavesSiblings(key, change.to)) return null;
  return [
    'SELF_REFERENCE_LEAVES_ROWS',
    `Deleting a row of ${tableText(key.child)} leaves those of its children that have the same ${key.parentColumns[0] ?? ''}.`,
  ];
}

/** Paths that the changes make or lengthen, on a server that forgets rows on them. */
export function judgeTogether(
  changes: readonly Change[],
  snapshot: Snapshot,
  capabilities: Capabilities,
): ReadonlyMap<Change, Hazard> {
  const hazards = new Map<Change, Hazard>();
  if (capabilities['cascadesOverChains']?.has !== false) return hazards;
  const wanted = wishes(changes, snapshot);
  for (const [key, path] of lossyPaths(snapshot, (one) => wanted(one)?.to ?? one)) {
    const change = wanted(key);
    if (change === undefined) continue;
    const subject = keyText(change.foreignKey);
    hazards.set(change, { code: 'CASCADE_LEAVES_ROWS', subject, detail: `${pathText(path)}.` });
  }
  return hazards;
}

/** The change of a key of the snapshot. A half-done key stands in a change under its own name, in the snapshot under another. */
function wishes(changes: readonly Change[], snapshot: Snapshot): (key: ForeignKey) => Change | undefined {
  const byKey = new Map(changes.map((change) => [change.foreignKey, change]));
  const known = new Set(snapshot.foreignKeys);
  const others = changes.filter((change) => !known.has(change.foreignKey));
  const byPlace = new Map(others.map((change) => [placeOf(change.foreignKey), change]));
  return (key) => byKey.get(key) ?? (byPlace.size === 0 ? undefined : byPlace.get(placeOf(key)));
}

function placeOf(key: ForeignKey): string {
  return JSON.stringify([keyText(key), key.halfDone?.temporaryName ?? key.name]);
}

/** What is worth knowing of the keys as they are: nothing beyond what other engines know is left to be told here. */
export function findings(snapshot: Snapshot): readonly Finding[] {
  const known = new Set(snapshot.tables.map((table) => `${table.schema}\0${table.name}`));
  const ofKeys = snapshot.foreignKeys.flatMap((key): readonly Finding[] => {
    if (key.onDelete === 'SET DEFAULT' || key.onUpdate === 'SET DEFAULT') {
      return [
        finding(
          'SET_DEFAULT_LIVE',
          'warning',
          key,
          'InnoDB keeps the words and refuses the delete, as with RESTRICT.',
        ),
      ];
    }
    if (known.has(`${key.parent.schema}\0${key.parent.name}`)) return [];
    return [
      finding(
        'PARENT_MISMATCH',
        'error',
        key,
        `The parent ${tableText(key.parent)} does not exist, or this user may not see it.`,
      ),
    ];
  });
  return [...ofKeys, ...forgetful(snapshot)];
}

function forgetful(snapshot: Snapshot): readonly Finding[] {
  if (capabilitiesOf(snapshot.server)['cascadesOverChains']?.has !== false) return [];
  const paths = [
    ...snapshot.foreignKeys.flatMap((key) => (leavesSiblings(key, key) ? [[key, [key]] as const] : [])),
    ...lossyPaths(snapshot, (key) => key),
  ];
  const [first] = paths;
  if (first === undefined) return [];
  const others = paths.length === 1 ? '' : `, and ${paths.length - 1} keys more on such paths`;
  return [finding('CASCADE_LEAVES_ROWS_LIVE', 'warning', first[0], `${pathText(first[1])}${others}.`)];
}

function finding(code: Code, severity: Finding['severity'], key: ForeignKey, detail: string): Finding {
  return { code, severity, subject: keyText(key), detail, position: null };
}
