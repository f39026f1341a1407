/** Findings of `lint` about the current keys, beyond those of `diff`. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { Engine } from '../core/contracts/engine.ts';
import type { Code } from '../core/codes/index.ts';
import { checkOnEveryEngine } from './checks.ts';
import { clauseText, keyText, sameTable } from '../core/names.ts';
import type { Finding, ForeignKey } from '../core/model.ts';

/** The hazards of the clause that a key has now become findings: these, with this severity. */
const severities: Readonly<Partial<Record<Code, Finding['severity']>>> = {
  SET_NULL_ON_IDENTITY: 'error',
  SET_NULL_ON_GENERATED: 'error',
  SET_NULL_ON_CHECK: 'error',
  SET_NULL_SUBSET_MATCH_FULL: 'error',
  RULE_INSTEAD: 'error',
  SET_DEFAULT_WITHOUT_DEFAULT: 'error',
  CHILD_INDEX_MISSING: 'warning',
  TRIGGERS_NOT_FIRED: 'warning',
  CASCADE_INTO_SOFT_DELETE: 'info',
};

/** @param createIndex the statement that gives a key the index it lacks */
export function lintFindings(
  schema: SchemaIndex,
  engine: Pick<Engine, 'checkChange' | 'capabilities' | 'sameType'>,
  createIndex: (key: ForeignKey) => string,
): readonly Finding[] {
  const capabilities = engine.capabilities(schema.snapshot.server);
  return schema.snapshot.foreignKeys.flatMap((key) => {
    const hazards = [
      ...checkOnEveryEngine(key, key, schema),
      ...engine.checkChange(key, key, schema, capabilities),
    ];
    return [
      ...hazards.flatMap(({ code, detail }): readonly Finding[] => {
        const severity = severities[code as Code];
        if (severity === undefined) return [];
        const statement = code === 'CHILD_INDEX_MISSING' ? { statement: createIndex(key) } : {};
        return [{ code, severity, subject: keyText(key), detail, position: null, ...statement }];
      }),
      ...differingTwin(key, schema),
      ...typeMismatch(key, schema, engine),
    ];
  });
}

function finding(code: Code, severity: Finding['severity'], key: ForeignKey, detail: string): Finding {
  return { code, severity, subject: keyText(key), detail, position: null };
}

/** Reported for the second of the two. */
function differingTwin(key: ForeignKey, schema: SchemaIndex): readonly Finding[] {
  const others = schema.keysOn(key.child);
  const before = others.slice(0, others.indexOf(key));
  const twin = before.find(
    (other) =>
      other.enforced &&
      key.enforced &&
      sameTable(other.parent, key.parent) &&
      other.columns.length === key.columns.length &&
      other.columns.every((column, index) => {
        const own = key.columns.indexOf(column);
        return own >= 0 && key.parentColumns[own] === other.parentColumns[index];
      }) &&
      clauseText(other) !== clauseText(key),
  );
  if (twin === undefined) return [];
  const named = (one: ForeignKey): string =>
    `${one.name ?? 'an unnamed key'} has ON DELETE ${clauseText(one)}`;
  return [
    finding(
      'TWIN_KEYS_DIFFER',
      'warning',
      key,
      `two keys over the same columns differ: ${named(twin)}, ${named(key)}`,
    ),
  ];
}

function typeMismatch(
  key: ForeignKey,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameType'>,
): readonly Finding[] {
  const typeOf = (table: ForeignKey['child'], column: string | undefined): string | null =>
    schema.table(table)?.columns.find(({ name }) => name === column)?.type ?? null;
  const different = key.columns.flatMap((column, at) => {
    const child = typeOf(key.child, column);
    const parent = typeOf(key.parent, key.parentColumns[at]);
    return child === null || parent === null || engine.sameType(child, parent)
      ? []
      : [
          `${column} is ${child || 'without a type'}, ${key.parentColumns[at] ?? ''} is ${parent || 'without a type'}`,
        ];
  });
  return different.length === 0 ? [] : [finding('TYPE_MISMATCH', 'warning', key, `${different.join('; ')}.`)];
}
