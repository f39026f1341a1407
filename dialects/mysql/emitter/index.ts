/**
 * MySQL: the steps of a plan. A plain file cannot branch, loop or stop by itself, so its statements go like this:
 *   1. one question: in which state is each key, and which ALTERs does it still need?
 *   2. stop with a message unless every key is in a state that the file knows; nothing has been set or changed so far;
 *   3. set the session up, and prepare the statement that fetches the next answer;
 *   4. for each key: tell the progress and count orphans if anybody sees it, then its two ALTERs, or DO 0 where nothing is left to do, each
 *      fetched, prepared and executed;
 *   5. always: put the session back as it was.
 */
import type { Emitter } from '../../../src/core/contracts/engine.ts';
import { distinctTables } from '../../../src/core/names.ts';
import type { Lock, Operation, Retry, StepBody, Statement } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { unprovenEngine } from '../../../src/core/unproven.ts';
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { emitWith } from './one-step.ts';
import type { KeySwap } from './key-swap.ts';
import { keyStates, neededFor, type Needed } from './key-states.ts';
import { forCounts, putBack, setUp } from './session.ts';
import {
  alterOperation,
  countsOrphans,
  countOperation,
  exclusive,
  progressSql,
  type SchemaContext,
  type SqlVariant,
  turn,
  plainAlters,
} from './shared-sql.ts';
import { printedWith } from './printed.ts';
import { tidbBody } from './tidb.ts';
import { createIndexSql } from '../../sql/create-index.ts';
import { guard } from '../../sql/guard.ts';

const ddl = ddlFor('mysql');

const variant: SqlVariant = { ddl, row: 'ROW', algorithm: 'INPLACE', omittedActions: [] };

/** A wait for a metadata lock ends after lock_wait_timeout (one second, its least) and leaves nothing changed. */
export const retry: Retry = {
  codes: ['ER_LOCK_WAIT_TIMEOUT', '1205', 'ER_LOCK_DEADLOCK', '1213'],
  attempts: 30,
  pauseMilliseconds: [500, 2000],
};

export const emitter: Emitter = {
  emit: (changes, context) =>
    unprovenEngine(context.schema.snapshot.server) === null
      ? emitWith(variant, bodyOf, plainBodyOf)(changes, context)
      : emitWith(variant, tidbBody, tidbBody)(changes, context),
  countsOrphans,
  printed: printedWith(variant),
  createIndex: (key) => createIndexSql(ddl, key, ddl.table(key.child), 64),
};

function bodyOf(context: SchemaContext, swaps: readonly KeySwap[]): StepBody {
  const told = swaps.map((swap, at): ToldSwap => ({
    swap,
    progress: progressSql(context, swap, `${at + 1}/${swaps.length} ${swap.sql.label}`),
  }));
  const groups = inGroups(told);
  const needed = neededFor(swaps);
  const ofKey = Array.from({ length: answersPerKey(context) }, () => [next, prepare, execute]).flat();
  const statements = [
    takeTurn,
    ...groups.map((group, at) => statesOf(context, group, at, needed)),
    stop(context, swaps, groups.length),
    ...setUp(context.schema, swaps, context.countsOrphans ? forCounts : []),
    ...groups.flatMap((group, at) => [
      fetchNext(context, at),
      ...group.flatMap((one) => (context.withOperations ? describedStatements(context, one) : ofKey)),
    ]),
  ];
  const own = ['trouble', 'next', 'sql'].map((name) => `@ondelete_${name}`);
  const variables = [...own, ...groups.flatMap((_, at) => [variable('asked', at), variable('steps', at)])];
  const always = [...putBack(variables), ...forgetNext, guard(`DO RELEASE_LOCK(${turn})`)];
  return { kind: 'run', statements, always, retry, fallback: [] };
}

/** A key, and what is said before it is changed. */
interface ToldSwap {
  readonly swap: KeySwap;
  readonly progress: Fragment;
}

/** A user variable is read anew for every answer, so the answers for many keys stand in several. */
const keysInGroup = 500;

function inGroups(swaps: readonly ToldSwap[]): readonly (readonly ToldSwap[])[] {
  const count = Math.ceil(swaps.length / keysInGroup);
  return Array.from({ length: count }, (_, at) => swaps.slice(at * keysInGroup, (at + 1) * keysInGroup));
}

/** How many statements a key needs: its progress, where anybody sees it, and two ALTERs. */
const answersPerKey = ({ isSeen }: SchemaContext): number => (isSeen ? 3 : 2);

function variable(name: 'asked' | 'steps', group: number): string {
  return group === 0 ? `@ondelete_${name}` : `@ondelete_${name}_${group + 1}`;
}

/** Percona XtraDB Cluster refuses GET_LOCK (its documentation of pxc_strict_mode; not tried), so it is not asked there. */
const takeTurn: Statement = guard(
  `SET @ondelete_steps = NULL, @ondelete_trouble = IF('wsrep_on' IN (SELECT VARIABLE_NAME FROM performance_schema.global_variables)
  OR GET_LOCK(${turn}, 10), NULL,
  CONCAT('connection ', IS_USED_LOCK(${turn}), ' runs another file of ondelete in this database'))`,
  'One file at a time in this database.',
);

function statesOf(context: SchemaContext, group: readonly ToldSwap[], at: number, needed: Needed): Statement {
  const comment =
    'Which ALTERs does each key still need? The keys are listed first; a key in an unknown state is trouble.';
  const { countsOrphans: asksSelect, isSeen } = context;
  const progress = {
    name: 'progress',
    value: (place: number): Fragment => ddl.literal(ddl.text(group[place]?.progress ?? ddl.raw(''))),
  };
  const swaps = group.map(({ swap }) => swap);
  const states = keyStates(context, swaps, {
    offset: at * keysInGroup,
    asksSelect,
    needed,
    ...(isSeen ? { more: progress } : {}),
  });
  const told = asksSelect ? progressOrNot : isSeen ? 'progress, ' : '';
  const sql = ddl.sql`${states}
SELECT /*+ SET_VAR(sql_big_selects=1) SET_VAR(group_concat_max_len=1000000) MAX_EXECUTION_TIME(3600000) */ JSON_OBJECTAGG(n, JSON_ARRAY(
  ${ddl.raw(told)}first_step, last_step)),
  COALESCE(@ondelete_trouble, GROUP_CONCAT(trouble ORDER BY n SEPARATOR '; ')) FROM steps INTO ${ddl.raw(variable('asked', at))}, @ondelete_trouble`;
  return guard(ddl.text(sql), at === 0 ? comment : '');
}

/** REFERENCES on a parent is enough to change a key; counting its rows would end the file with error 1142 (measured on 9.7). */
const progressOrNot = `IF(is_hidden, CONCAT('SELECT ', n, ' AS ondelete, ''not counted'' AS orphans'), progress), `;

/**
 * Stops if there is trouble: SIGNAL cannot be prepared (error 1295), so a function refuses the message as its argument; it takes NULL.
 * The ALTERs are taken over only then, for clients that go on after errors.
 * With Galera's RSU one node alone is changed, and the next delete of a parent throws another out of the cluster (measured on MariaDB 10.11).
 * https://dev.mysql.com/doc/refman/9.7/en/group-replication-limitations.html: a group with several primaries refuses writes to cascading keys.
 */
function stop(context: SchemaContext, swaps: readonly KeySwap[], groups: number): Statement {
  const valueOf = (view: string, name: string): string =>
    `(SELECT VARIABLE_VALUE FROM performance_schema.${view} WHERE VARIABLE_NAME = '${name}')`;
  const group = valueOf('global_variables', 'group_replication_enforce_update_everywhere_checks');
  const writes = swaps.some(({ to }) => to === 'CASCADE' || to === 'SET NULL');
  const lines = [
    `WHEN @ondelete_asked IS NULL THEN 'the statements above have to run in the same session'`,
    `WHEN @@GLOBAL.read_only THEN 'this server is read-only, as a replica is; run this on its source'`,
    `WHEN ${valueOf('session_variables', 'wsrep_OSU_method')} <> 'TOI' THEN 'wsrep_OSU_method is not TOI'`,
    ...(writes
      ? [`WHEN ${group} = 'ON'\n    THEN 'this group has several primaries and refuses cascading keys'`]
      : []),
  ];
  const taken = Array.from(
    { length: groups },
    (_, at) => `${variable('steps', at)} = ${variable('asked', at)}`,
  );
  return guard(
    `SET @ondelete_trouble = UUID_TO_BIN(CONCAT('ondelete changed nothing: ', CASE\n  ${lines.join('\n  ')}\n  ELSE @ondelete_trouble END)), ${taken.join(', ')}, @ondelete_next = ${answersPerKey(context)}`,
    'Stop here if there is trouble: a function refuses the text, and its error prints it. So far nothing is changed, and nothing set in this session.',
  );
}

/** Takes the next statement out of the answers of its group, and counts on. */
function fetchNext(context: SchemaContext, group: number): Statement {
  const perKey = answersPerKey(context);
  const path = `CONCAT(''$."'', @ondelete_next DIV ${perKey}, ''"['', @ondelete_next MOD ${perKey}, '']'')`;
  return guard(
    `PREPARE ondelete_next FROM 'SET @ondelete_sql = JSON_UNQUOTE(JSON_EXTRACT(${variable('steps', group)},
  ${path})), @ondelete_next = @ondelete_next + 1'`,
    group === 0
      ? `Fetches what comes next. For each key of the list: ${context.isSeen ? 'its progress, and ' : ''}its two ALTERs, or DO 0.`
      : '',
  );
}

/** Prepared once more, since a file that stopped early has not prepared it. */
const forgetNext = [guard("PREPARE ondelete_next FROM 'DO 0'"), guard('DEALLOCATE PREPARE ondelete_next')];

const next = guard('EXECUTE ondelete_next');
const prepare = guard('PREPARE ondelete FROM @ondelete_sql');
const execute = guard('EXECUTE ondelete');
const runNext = (operations: readonly Operation[]): readonly Statement[] => [
  next,
  prepare,
  { ...execute, operations },
];

/** What the statements of a key do, for reports. */
function describedStatements(context: SchemaContext, { progress, swap }: ToldSwap): readonly Statement[] {
  const locks = locksOf(context.schema, swap);
  const operations = swap.alters.map((alter) => alterOperation(context, swap, alter, locks));
  const isFirst = swap.alters.length > 1 || swap.endsAs === 'half';
  const counts = countOperation(context, swap, progress);
  return [
    ...(context.isSeen ? runNext(counts) : []),
    ...runNext(isFirst ? operations.slice(0, 1) : []),
    ...runNext(swap.endsAs === 'new' ? operations.slice(-1) : []),
  ];
}

/** The child, its parent, and the children of the child (measured with performance_schema.metadata_locks on 9.7). */
function locksOf(schema: SchemaIndex, { key }: KeySwap): readonly Lock[] {
  return distinctTables([key.child, key.parent, ...schema.childrenOf(key.child)]).map(exclusive);
}

function plainBodyOf(context: SchemaContext, swaps: readonly KeySwap[]): StepBody {
  const alters = plainAlters(context, swaps, (swap) => locksOf(context.schema, swap));
  const statements = [...setUp(context.schema, swaps, []), ...alters];
  return { kind: 'run', statements, always: putBack(['@ondelete_sql']), retry, fallback: [] };
}
