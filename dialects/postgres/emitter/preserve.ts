/** What DROP and ADD would lose, put back in the same statement: comment, trigger states, names of the copies on partitions. */
import type { ForeignKey } from '../../../src/core/model.ts';
import type { Fragment } from '../../sql/ddl.ts';
import { ddl, type KeyState } from './key-sql.ts';
import { markPrefix } from '../progress-comment.ts';

/** The comment the key had, behind the goal's mark if it is half done. Whatever comment stands in this database is kept. */
export function keepComment(goal: KeyState): Fragment {
  return goal.mark === null ? withoutMark : commentWith(ddl.literal(goal.mark));
}

function commentWith(mark: Fragment): Fragment {
  return ddl.sql`
        IF starts_with(key.comment, '${ddl.raw(markPrefix)}') THEN -- its first line is the mark
          key.comment := substr(key.comment, length(split_part(key.comment, chr(10), 1)) + 2);
        END IF;
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', key_name, child, nullif(concat_ws(chr(10), ${mark}, nullif(key.comment, '')), ''));`;
}
const withoutMark = commentWith(ddl.raw('NULL'));

/** For a key whose internal triggers are not all `origin`: stops before any lock if they could not be set again. */
export function superuserOnly(key: ForeignKey): Fragment {
  if (key.triggers.length === 0) return ddl.raw('');
  return ddl.sql`
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
      RAISE insufficient_privilege USING MESSAGE = format('ondelete: only a superuser can keep the trigger states of %s; nothing was changed', key_name);
    END IF;`;
}

/** The triggers are found by what they do: their names hold the new key's oid, their functions change with the action. */
export function keepTriggers(key: ForeignKey): Fragment {
  if (key.triggers.length === 0) return ddl.raw('');
  const verbs = {
    origin: 'ENABLE',
    disabled: 'DISABLE',
    replica: 'ENABLE REPLICA',
    always: 'ENABLE ALWAYS',
  } as const;
  const lines = key.triggers.map(({ on, event, enabled }) => {
    const check = on === 'child' ? '' : 'NOT ';
    return ddl.sql`
        EXECUTE (SELECT format('ALTER TABLE %s ${ddl.raw(verbs[enabled])} TRIGGER %I', t.tgrelid::regclass, t.tgname)
                   FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_constraint k ON k.oid = t.tgconstraint
                  WHERE k.conrelid = child AND k.conname = key_name
                    AND p.proname ${ddl.raw(check)}LIKE 'RI_FKey_check%' AND right(p.proname, 3) = '${ddl.raw(event.slice(0, 3))}');`;
  });
  return ddl.join(lines, '');
}

export const noCopies = { declare: ddl.raw(''), read: ddl.raw(''), restore: ddl.raw('') };

/** On a partitioned child every partition holds a copy of the key, which is dropped and added with the root's, under a name of the server's choice. */
export function keepCopies(key: ForeignKey): typeof noCopies {
  if (!key.childPartitioned) return noCopies;
  return {
    declare: ddl.sql`
  copies    jsonb;
  copy      record;`,
    read: ddl.sql`
        copies := (${copiesOf('key.oid')}
          SELECT jsonb_object_agg(conrelid::text, jsonb_build_array(conname, obj_description(oid, 'pg_constraint'))) FROM family);`,
    restore: ddl.sql`
        FOR copy IN ${copiesOf('(SELECT oid FROM pg_constraint WHERE conrelid = child AND conname = key_name)')}
          SELECT conrelid::regclass AS relation, conname AS new_name, coalesce(copies -> conrelid::text ->> 0, conname) AS name,
                 copies -> conrelid::text ->> 1 AS comment FROM family
        LOOP
          IF copy.new_name <> copy.name THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', copy.relation, copy.new_name, copy.name);
          END IF;
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', copy.name, copy.relation, copy.comment);
        END LOOP;`,
  };
}

function copiesOf(root: string): Fragment {
  return ddl.raw(`WITH RECURSIVE family AS (
          SELECT oid, conrelid, conname FROM pg_constraint WHERE confrelid = parent AND conparentid = ${root}
          UNION ALL
          SELECT k.oid, k.conrelid, k.conname FROM pg_constraint k JOIN family ON k.conparentid = family.oid WHERE k.confrelid = parent)`);
}
