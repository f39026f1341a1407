/** What the writes of an action meet in the child: a trigger that may cancel them, a publication that refuses them. */
import type { Answer, Question } from '../../sql/session.ts';
import type { PreflightHazard } from '../../../src/core/contracts/probe.ts';
import { keyText, tableText } from '../../../src/core/names.ts';
import type { DeleteClause, ForeignKey } from '../../../src/core/model.ts';

/** A key with the action that it has, or will have. */
export interface ActionOfKey {
  readonly key: ForeignKey;
  readonly to: Pick<DeleteClause, 'onDelete'>;
}

/** Two questions about all keys; `writeHazards` reads the answers. */
export function writeQuestions(actions: readonly ActionOfKey[]): readonly Question[] {
  const parameters = [
    actions.map(({ key }) => key.child.schema),
    actions.map(({ key }) => key.child.name),
    actions.map(eventOf),
  ];
  return [
    { sql: triggersQuery, parameters },
    { sql: publicationsQuery, parameters },
  ];
}

/** A question without an answer, as on a server that lacks one of these catalogs, tells nothing. */
export function writeHazards(
  actions: readonly ActionOfKey[],
  [triggers, publications]: readonly Answer[],
): readonly PreflightHazard[] {
  const hazardsOf = (
    answer: Answer | undefined,
    code: 'BEFORE_TRIGGER_SWALLOWS' | 'PUBLISHED_WITHOUT_IDENTITY',
    detail: (row: Row, child: string) => string,
  ): readonly PreflightHazard[] =>
    (answer?.status === 'fulfilled' ? answer.value : []).flatMap((row) => {
      const key = actions[Number(row['place']) - 1]?.key;
      if (key === undefined) return [];
      return [{ code, subject: keyText(key), detail: detail(row, tableText(key.child)), key }];
    });
  return [
    ...hazardsOf(
      triggers,
      'BEFORE_TRIGGER_SWALLOWS',
      (row, child) =>
        `${text(row['function'])}() runs before each row of ${child} (trigger ${text(row['trigger'])}) and can give back NULL`,
    ),
    ...hazardsOf(
      publications,
      'PUBLISHED_WITHOUT_IDENTITY',
      (row, child) => `${child} is published by ${text(row['publication'])} and has no replica identity`,
    ),
  ];
}

type Row = Extract<Answer, { status: 'fulfilled' }>['value'][number];

/** The bit of pg_trigger.tgtype for what the action does to the child: 8 DELETE, 16 UPDATE, 0 for nothing. */
function eventOf({ key, to: { onDelete } }: ActionOfKey): number {
  if (!key.enforced) return 0;
  return onDelete === 'CASCADE' ? 8 : onDelete === 'SET NULL' || onDelete === 'SET DEFAULT' ? 16 : 0;
}

const wanted = `FROM unnest($1::text[], $2::text[], $3::int[]) WITH ORDINALITY AS wanted (nsp, rel, event, place)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel`;

/**
 * A BEFORE row trigger that gives back NULL keeps the row, and the key's own action goes on as if it were done
 * (https://www.postgresql.org/docs/current/sql-createtable.html, REFERENCES). In a DELETE trigger NEW is NULL.
 */
const triggersQuery = `SELECT wanted.place::int AS place, t.tgname AS trigger, p.proname AS function
  ${wanted}
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
       AND t.tgtype & 3 = 3 AND t.tgtype & wanted.event <> 0
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE l.lanname <> 'plpgsql' OR p.prosrc ~* '\\mreturn\\s+null\\M' OR wanted.event = 8 AND p.prosrc ~* '\\mreturn\\s+new\\M'
 ORDER BY 1, 2`;

const publicationsQuery = `SELECT wanted.place::int AS place, pub.pubname AS publication
  ${wanted}
  JOIN pg_catalog.pg_publication_tables pt ON pt.schemaname = wanted.nsp AND pt.tablename = wanted.rel
  JOIN pg_catalog.pg_publication pub ON pub.pubname = pt.pubname
       AND (wanted.event = 8 AND pub.pubdelete OR wanted.event = 16 AND pub.pubupdate)
 WHERE c.relreplident = 'n'
    OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
 ORDER BY 1, 2`;

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}
