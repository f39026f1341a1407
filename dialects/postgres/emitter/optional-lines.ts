/** Lines of the machinery that only some keys need. A file without such keys does not have them. */
import type { Column, Direction, ForeignKey } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { writtenColumns } from '../../../src/core/schema-index.ts';
import { markOf, type OptionalLines } from './block.ts';
import type { DirectedChange } from './directed-change.ts';
import type { Rows } from './key-rows.ts';

export function optionalLines(
  directed: readonly DirectedChange[],
  { cell }: Rows,
  direction: Direction,
  schema: SchemaIndex,
): OptionalLines {
  const partitions = directed.some(({ key }) => key.childPartitioned || key.parentPartitioned);
  const family = partitions ? `IN (${familyOf('con.oid')})` : '= con.oid';
  const { variables, ...copies } = keepCopies(directed);
  return {
    variables: (cell.triggers === null ? '' : '\n  trig record;') + variables,
    triggers: cell.triggers === null ? areUsual(family) : labels(family),
    tables: partitions ? withPartitions : bothTables,
    states:
      (cell.rest === null ? '' : swappedOnly(cell.rest)) +
      (cell.halfDoneFrom === null ? '' : halfDone[direction](cell.halfDoneFrom)),
    problems:
      refusedNulls(directed, schema) +
      (directed.some(({ key }) => hasOtherIndex(key, schema)) ? movedIndex : '') +
      (directed.some(({ key }) => key.childPartitioned) ? onPartitions : '') +
      (cell.triggers === null ? '' : superuserOnly(cell.triggers)),
    copies,
  };
}

/** A partition of another owner, whose key could not be named as it was (18) or added at all; and what partition-losses.ts of the introspector finds, where an environment differs from the one that was read. */
const onPartitions = `
          WHEN EXISTS (SELECT FROM pg_partition_tree(k.conrelid) JOIN pg_class ON oid = relid WHERE NOT pg_has_role(relowner, 'USAGE'))
            THEN format('cannot be added by %s, who has to own the partitions of %s too', current_user, k.child)
          WHEN state = 'old' AND EXISTS (SELECT FROM pg_partition_tree(k.conrelid) JOIN pg_constraint own ON own.conrelid = relid AND own.contype = 'f'
              WHERE own.conparentid = 0 AND own.oid <> k.oid AND own.conname !~ '^ondelete_second_' AND starts_with(pg_get_constraintdef(own.oid), keys[n][3])
                AND (own.confupdtype, own.confmatchtype, own.condeferrable, own.condeferred) = (k.confupdtype, k.confmatchtype, k.condeferrable, k.condeferred))
            THEN 'has a partition with a key of its own over these columns, which would be taken for a part of this one and be lost'
          WHEN state = 'old' AND NOT k.convalidated AND EXISTS (SELECT FROM pg_constraint own
              WHERE own.convalidated AND own.conrelid <> k.conrelid AND own.oid IN (${familyOf('k.oid')}))
            THEN 'is NOT VALID and has a partition that has validated its part of it, which would be forgotten'`;

/** A key on a partitioned table, or to one, has further constraints on, or for, the partitions. */
function familyOf(oid: string): string {
  return `WITH RECURSIVE family AS (SELECT ${oid} AS id UNION ALL SELECT f.oid FROM pg_constraint f JOIN family ON conparentid = id) SELECT id FROM family`;
}

const bothTables: OptionalLines['tables'] = {
  array: (key) => `ARRAY[${key}.conrelid, ${key}.confrelid]`,
  among: (key) => `IN (${key}.conrelid, ${key}.confrelid)`,
};
const treesOf = (key: string): string =>
  `ARRAY[${key}.conrelid, ${key}.confrelid] || ARRAY(SELECT relid::oid FROM pg_partition_tree(${key}.conrelid) UNION SELECT relid FROM pg_partition_tree(${key}.confrelid))`;
const withPartitions: OptionalLines['tables'] = { array: treesOf, among: (key) => `= ANY (${treesOf(key)})` };

function areUsual(family: string): string {
  return `(SELECT CASE WHEN bool_or(tgenabled <> 'O') THEN ' with disabled triggers' ELSE '' END FROM pg_trigger WHERE tgconstraint ${family})`;
}

const whichTrigger = `CASE WHEN proname LIKE 'RI_FKey_check%' THEN 'child ' ELSE 'parent ' END || right(proname, 3)`;

/** Adding a key sets its triggers to `origin`. Their names hold the key's oid, and their functions change with the action. */
function labels(family: string): string {
  return `coalesce((SELECT string_agg(one, '' ORDER BY one COLLATE "C") FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid,
                  format(' [%s %s]', ${whichTrigger}, tgenabled) AS one
                 WHERE tgisinternal AND tgenabled <> 'O' AND tgconstraint ${family}), '')`;
}

function superuserOnly(states: string): string {
  return `
          WHEN ${states} <> '' AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'has disabled triggers, which only a superuser can keep'`;
}

export function keepTriggers({ cell }: Rows): string {
  if (cell.triggers === null) return '';
  return `
          FOR trig IN SELECT tgrelid::regclass AS relation, tgname, substring(${cell.triggers}, ${whichTrigger} || ' (.)') AS enabled
                     FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid JOIN pg_constraint c ON c.oid = tgconstraint
                    WHERE c.conrelid = k.conrelid AND conname = k.conname LOOP
            CONTINUE WHEN trig.enabled IS NULL;
            EXECUTE format('ALTER TABLE %s %s TRIGGER %I', trig.relation,
              CASE trig.enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, trig.tgname);
          END LOOP;`;
}

function swappedOnly(rest: string): string {
  return `
        IF ${rest} ~ ' NOT (VALID|ENFORCED)$' THEN -- and so it stays: it is swapped, and not validated
          mark := NULL; halfway := after; added := regexp_replace(added, ' NOT VALID$', '');
        END IF;`;
}

const halfDone: Readonly<Record<Direction, (halfDoneFrom: string) => string>> = {
  up: (halfDoneFrom) => `
        IF ${halfDoneFrom} <> '' THEN -- half done when this file was written
          before := before || ' ' || ${markOf(halfDoneFrom, 'keys[n][4]')};
          IF keys[n][4] = keys[n][5] THEN halfway := before; END IF;
        END IF;`,
  down: (halfDoneFrom) => `
        IF ${halfDoneFrom} <> '' THEN -- half done before, and so again: it is swapped, and not validated
          mark := ${markOf(halfDoneFrom, 'keys[n][5]')}; after := after || ' ' || mark; halfway := after;
        END IF;`,
};

/** Where a column became NOT NULL since the file was written. What would fail as it is written is not the file's to stop: it goes back to that. */
function refusedNulls(directed: readonly DirectedChange[], schema: SchemaIndex): string {
  if (!directed.some(({ to }) => to.onDelete === 'SET NULL' || to.onDelete === 'SET DEFAULT')) return '';
  const exempt = directed.flatMap((change, at) =>
    !change.key.enforced || failsAsItIs(change, schema) ? [at + 1] : [],
  );
  return `
          WHEN ${exempt.length === 0 ? '' : `n NOT IN (${exempt.join(', ')}) AND `}EXISTS (SELECT FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
            WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey) AND (attnotnull OR typnotnull)
              AND (keys[n][5] LIKE 'SET NULL%' OR keys[n][5] LIKE 'SET DEFAULT%' AND NOT atthasdef AND attidentity = '')
              AND (keys[n][5] NOT LIKE '%(%' OR strpos(keys[n][5], quote_ident(attname)) > 0))
            THEN 'has a column that is NOT NULL, so every delete would fail with ON DELETE ' || keys[n][5]`;
}

function failsAsItIs({ key, to }: DirectedChange, schema: SchemaIndex): boolean {
  const isRefused = ({ nullable, hasDefault, identity }: Column): boolean =>
    !nullable && (to.onDelete === 'SET NULL' || (!hasDefault && identity === null));
  return writtenColumns(key, to, schema).some(isRefused);
}

/** Whether the parent has several indexes that the key could rest on; then an older one could take the place of its own. */
function hasOtherIndex(key: ForeignKey, schema: SchemaIndex): boolean {
  const columns = key.parentColumns.toSorted().join('\0');
  const indexes = schema.table(key.parent)?.indexes ?? [];
  const usable = indexes.filter(
    ({ unique, columns: own }) => unique && own.toSorted().join('\0') === columns,
  );
  return usable.length > 1;
}

/** ADD CONSTRAINT takes the oldest that fits (measured on 12 to 18). */
const movedIndex = `
          WHEN state = 'old' AND NOT k.on_primary_key AND EXISTS (SELECT FROM pg_index WHERE indrelid = k.confrelid AND indexrelid < k.conindid
              AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL
              AND ARRAY(SELECT unnest((indkey::int2[])[0:indnkeyatts - 1]) ORDER BY 1) = ARRAY(SELECT unnest(k.confkey) ORDER BY 1))
            THEN 'would come to rest on another index of ' || k.parent`;

/**
 * On a partitioned child every partition holds a copy of the key, which is dropped and added with the root's, under a name of the server's
 * choice and without its comment. Before 18 the copy is the partition's second key, whose comment is its mark: it goes, because a partition
 * that is detached keeps it.
 */
function keepCopies(
  directed: readonly DirectedChange[],
): OptionalLines['copies'] & { readonly variables: string } {
  if (!directed.some(({ key }) => key.childPartitioned)) return { variables: '', read: '', restore: '' };
  const copiesOf = (root: string): string => `WITH RECURSIVE copies AS (
            SELECT oid, conrelid, conname FROM pg_constraint WHERE confrelid = k.confrelid AND conparentid = ${root} UNION ALL
            SELECT c.oid, c.conrelid, c.conname FROM pg_constraint c JOIN copies ON c.conparentid = copies.oid WHERE c.confrelid = k.confrelid)`;
  return {
    variables: '\n  known jsonb; copy record;',
    read: `
          known := (${copiesOf('k.oid')}
            SELECT jsonb_object_agg(conrelid::text, jsonb_build_array(conname, obj_description(oid, 'pg_constraint'))) FROM copies);`,
    restore: `
          FOR copy IN ${copiesOf('(SELECT oid FROM pg_constraint WHERE conrelid = k.conrelid AND conname = k.conname)')}
            SELECT conrelid::regclass AS relation, conname, coalesce(known -> conrelid::text ->> 0, conname) AS name, known -> conrelid::text ->> 1 AS comment, obj_description(oid, 'pg_constraint') AS has FROM copies
          LOOP
            IF copy.conname <> copy.name THEN
              EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', copy.relation, copy.conname, copy.name);
            END IF;
            CONTINUE WHEN copy.comment IS NOT DISTINCT FROM copy.has;
            EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', copy.name, copy.relation, copy.comment);
          END LOOP;`,
  };
}
