/** What speaks against a change on PostgreSQL, and what is worth knowing of keys as they are. Pure. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import {
  clauseText,
  keyText,
  tableText,
  type Change,
  type Finding,
  type ForeignKey,
  type Hazard,
  type Snapshot,
  type Table,
  type TableName,
} from '../../../src/core/model.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import { checkRefusesNull } from './null-checks.ts';

/** A code and what is particular to this case. */
type Objection = readonly [code: Code, detail: string];

/** Hazards of one change beyond those that hold on every engine. */
export function judge(change: Change, snapshot: Snapshot, capabilities: Capabilities): readonly Hazard[] {
  const key = change.foreignKey;
  const child = tableOf(snapshot, key.child);
  const parent = tableOf(snapshot, key.parent);
  return [
    ...kindOfKey(change, capabilities),
    ...kindOfTable(key, child, parent),
    // a key that is not enforced writes nothing
    ...(key.enforced
      ? [...nullRefused(change, child), ...defaultMissing(change, child), ...ruleInstead(change, child)]
      : []),
  ].map(([code, detail]) => ({ code, subject: keyText(key), detail }));
}

function kindOfKey({ foreignKey: key, to }: Change, capabilities: Capabilities): readonly Objection[] {
  const objections: Objection[] = [];
  const can = (name: string): boolean => capabilities[name]?.has === true;
  if (key.period && to.onDelete !== 'NO ACTION')
    objections.push(['PERIOD_ACTION', `a key with PERIOD cannot ${clauseText(to)}`]);
  if (key.recreatedIndex !== key.referencedIndex) {
    const now = key.referencedIndex ?? 'no index';
    objections.push([
      'REFERENCED_INDEX_MOVES',
      `it rests on ${now} and would come to rest on ${key.recreatedIndex ?? 'none'}`,
    ]);
  }
  if (to.onDeleteColumns !== null && !can('setNullColumns'))
    objections.push(['COLUMN_LIST_UNSUPPORTED', clauseText(to)]);
  if (
    key.match === 'FULL' &&
    to.onDelete === 'SET NULL' &&
    to.onDeleteColumns !== null &&
    to.onDeleteColumns.length < key.columns.length
  ) {
    objections.push(['SET_NULL_SUBSET_MATCH_FULL', `${clauseText(to)} leaves columns of the key filled`]);
  }
  if (key.childPartitioned && !can('notValidOnPartitioned')) {
    objections.push(
      key.parentPartitioned
        ? [
            'NOT_AVAILABLE_HERE',
            'both tables are partitioned: before PostgreSQL 18 the partitions’ keys cannot be attached without leftovers',
          ]
        : ['TWO_KEYS_WINDOW', 'partitions get a second key until the last file is applied'],
    );
  }
  if (key.triggers.length > 0 && (key.childPartitioned || key.parentPartitioned)) {
    objections.push([
      'NOT_AVAILABLE_HERE',
      'triggers of the key are disabled on some partition, and their states cannot be kept',
    ]);
  }
  return objections;
}

function kindOfTable(
  key: ForeignKey,
  child: Table | undefined,
  parent: Table | undefined,
): readonly Objection[] {
  const citus = [child, parent].filter(
    (table) => table?.notes.some((note) => note.startsWith('citus:')) === true,
  );
  if (citus.length === 0) return [];
  const names = citus.map((table) => (table === undefined ? '' : tableText(table)));
  return [
    [
      'NOT_AVAILABLE_HERE',
      `Citus holds ${[...new Set(names)].join(' and ')}: its shards are changed in other ways`,
    ],
  ];
}

/** A CHECK of the table or of a column's domain that the NULL would violate: the DDL is accepted, every delete with children fails. */
function nullRefused({ foreignKey: key, to }: Change, child: Table | undefined): readonly Objection[] {
  if (to.onDelete !== 'SET NULL' || child === undefined) return [];
  const written = to.onDeleteColumns ?? key.columns;
  const checks = child.notes
    .filter((note) => note.startsWith('check: '))
    .map((note) => note.slice('check: '.length));
  const refusing = checks.filter((check) => checkRefusesNull(check, written));
  const domains = child.notes.filter((note) =>
    written.some(
      (column) =>
        note.startsWith(`domain check on ${column}: `) &&
        checkRefusesNull(note.slice(note.indexOf(': ') + 2), ['VALUE']),
    ),
  );
  return [...refusing.map((check) => `CHECK ${check}`), ...domains].map((detail) => [
    'SET_NULL_ON_CHECK',
    detail,
  ]);
}

function defaultMissing({ foreignKey: key, to }: Change, child: Table | undefined): readonly Objection[] {
  if (to.onDelete !== 'SET DEFAULT') return [];
  const written = to.onDeleteColumns ?? key.columns;
  const bare =
    child?.columns.filter(
      (column) =>
        written.includes(column.name) && !column.nullable && !column.hasDefault && column.identity === null,
    ) ?? [];
  return bare.map((column) => [
    'SET_DEFAULT_WITHOUT_DEFAULT',
    `${column.name} is NOT NULL and has no default`,
  ]);
}

/** The server’s own query meets the rule and fails, even for parents without children (measured on 12 to 18). */
function ruleInstead({ to }: Change, child: Table | undefined): readonly Objection[] {
  const writes = {
    CASCADE: 'DELETE',
    'SET NULL': 'UPDATE',
    'SET DEFAULT': 'UPDATE',
    'NO ACTION': null,
    RESTRICT: null,
  }[to.onDelete];
  if (writes === null) return [];
  const rules = child?.notes.filter((note) => note.startsWith(`rule instead of ${writes}: `)) ?? [];
  return rules.map((rule) => ['RULE_INSTEAD', rule]);
}

/** Keys that are weaker than they look. */
export function findings(snapshot: Snapshot): readonly Finding[] {
  return snapshot.foreignKeys.flatMap((key) => {
    const found: Finding[] = [];
    const tell = (code: Code, severity: Finding['severity'], detail: string): void => {
      found.push({ code, severity, subject: keyText(key), detail, position: null });
    };
    const named = key.name ?? 'the key';
    if (!key.enforced) tell('NOT_ENFORCED', 'warning', `${named} is NOT ENFORCED`);
    else if (!key.validated && key.halfDone === null) tell('NOT_VALIDATED', 'info', `${named} is NOT VALID`);
    const off = key.triggers.filter(({ enabled }) => enabled === 'disabled' || enabled === 'replica');
    if (off.length > 0) {
      tell(
        'TRIGGERS_DISABLED',
        'warning',
        off.map(({ on, event, enabled }) => `${event} on the ${on}: ${enabled}`).join(', '),
      );
    }
    return found;
  });
}

function tableOf(snapshot: Snapshot, name: TableName): Table | undefined {
  return tableNamed(snapshot, name) ?? undefined;
}
