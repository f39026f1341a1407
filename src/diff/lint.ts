/** What `lint` tells of the keys as they are, beyond what `diff` tells as well. Pure. */
import type { Engine, Lint } from '../core/contracts/engine.ts';
import type { Code } from '../core/codes/index.ts';
import { checkChange } from './checks.ts';
import {
  clauseText,
  keyText,
  sameTable,
  type Change,
  type Finding,
  type ForeignKey,
  type Snapshot,
} from '../core/model.ts';
import { keysOn, tableNamed } from '../core/schema-index.ts';

/** What would speak against giving a key the clause it has speaks against the clause: these are told, and as bad as this. */
const judged: Readonly<Partial<Record<Code, Finding['severity']>>> = {
  SET_NULL_ON_IDENTITY: 'error',
  SET_NULL_ON_GENERATED: 'error',
  SET_NULL_ON_CHECK: 'error',
  SET_NULL_SUBSET_MATCH_FULL: 'error',
  RULE_INSTEAD: 'error',
  SET_DEFAULT_WITHOUT_DEFAULT: 'error',
  CHILD_INDEX_MISSING: 'warning',
  TRIGGERS_NOT_FIRED: 'warning',
};

/** @param dialect and `lint` are of the snapshot's server */
export function lintFindings(
  snapshot: Snapshot,
  dialect: Pick<Engine, 'checkChange' | 'capabilities'>,
  lint: Lint,
): readonly Finding[] {
  const capabilities = dialect.capabilities(snapshot.server);
  return snapshot.foreignKeys.flatMap((key) => {
    const asItIs: Change = {
      kind: 'change-on-delete',
      foreignKey: key,
      from: key,
      to: key,
      rule: { match: '', reason: null, position: { file: '', line: 1, column: 1 } },
    };
    const against = [
      ...checkChange(asItIs, snapshot),
      ...dialect.checkChange(asItIs, snapshot, capabilities),
    ];
    return [
      ...against.flatMap(({ code, detail }): readonly Finding[] => {
        const severity = judged[code as Code];
        if (severity === undefined) return [];
        const statement = code === 'CHILD_INDEX_MISSING' ? { statement: lint.createIndex(key) } : {};
        return [{ code, severity, subject: keyText(key), detail, position: null, ...statement }];
      }),
      ...twins(key, snapshot),
      ...types(key, snapshot, lint),
      ...softDelete(key, snapshot),
    ];
  });
}

function finding(code: Code, severity: Finding['severity'], key: ForeignKey, detail: string): Finding {
  return { code, severity, subject: keyText(key), detail, position: null };
}

/** Told at the second of the two. */
function twins(key: ForeignKey, snapshot: Snapshot): readonly Finding[] {
  const others = keysOn(snapshot, key.child);
  const before = others.slice(0, others.indexOf(key));
  const twin = before.find(
    (other) =>
      other.enforced &&
      key.enforced &&
      sameTable(other.parent, key.parent) &&
      other.columns.length === key.columns.length &&
      other.columns.every((column, at) => {
        const place = key.columns.indexOf(column);
        return place >= 0 && key.parentColumns[place] === other.parentColumns[at];
      }) &&
      clauseText(other) !== clauseText(key),
  );
  if (twin === undefined) return [];
  const named = (one: ForeignKey): string => `${one.name ?? 'one without a name'} says ${clauseText(one)}`;
  return [finding('TWIN_KEYS_DIFFER', 'warning', key, `${named(twin)}, ${named(key)}`)];
}

function types(key: ForeignKey, snapshot: Snapshot, lint: Lint): readonly Finding[] {
  const typeOf = (table: ForeignKey['child'], column: string | undefined): string | null =>
    tableNamed(snapshot, table)?.columns.find(({ name }) => name === column)?.type ?? null;
  const different = key.columns.flatMap((column, at) => {
    const child = typeOf(key.child, column);
    const parent = typeOf(key.parent, key.parentColumns[at]);
    return child === null || parent === null || lint.sameType(child, parent)
      ? []
      : [
          `${column} is ${child || 'without a type'}, ${key.parentColumns[at] ?? ''} is ${parent || 'without a type'}`,
        ];
  });
  return different.length === 0 ? [] : [finding('TYPE_MISMATCH', 'warning', key, different.join('; '))];
}

/** Names under which tables keep rows that count as deleted; compared without regard to case and underscores. */
const softNames = new Set([
  'deleted',
  'isdeleted',
  'deletedat',
  'deletedon',
  'deleteddate',
  'datedeleted',
  'deletedby',
  'removedat',
  'archivedat',
  'discardedat',
]);

function softDelete(key: ForeignKey, snapshot: Snapshot): readonly Finding[] {
  if (key.onDelete !== 'CASCADE' || !key.enforced) return [];
  const column = tableNamed(snapshot, key.child)?.columns.find(({ name }) =>
    softNames.has(name.toLowerCase().replaceAll('_', '')),
  );
  return column === undefined
    ? []
    : [finding('CASCADE_INTO_SOFT_DELETE', 'info', key, `rows with ${column.name} go for good`)];
}
