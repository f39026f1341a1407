/** `reach --where`: counts on the live rows, nearer ones first, until all are counted or the time is up. */
import type { SchemaSource } from '../../schema-source.ts';
import type { CountedRows } from '../../core/contracts/probe.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { TableName } from '../../core/model.ts';
import { reachContext } from '../../reach/index.ts';
import { countEdges, type CountedReach, depthsToCount } from '../../reach/count.ts';
import { progressBar } from '../../report/layout.ts';
import type { Context } from './options.ts';

/**
 * @param seconds after which it ends with what it has
 * @throws OndeleteError USAGE without a live database or for an expression that is none, QUERY_FAILED where nothing could be counted
 */
export async function countRows(
  source: SchemaSource,
  table: TableName,
  where: string,
  seconds: number,
  context: Context,
): Promise<CountedReach> {
  const { connection, engine, schema } = source;
  if (connection === null) {
    throw new OndeleteError(
      'USAGE',
      '--where counts on live rows, and a saved snapshot has none',
      'Name the database with --database.',
    );
  }
  const edges = countEdges(reachContext(schema, engine), table);
  const depths = depthsToCount(edges);
  const probe = await connection.probe();
  const until = Date.now() + seconds * 1000;
  let last: { readonly counts: CountedRows; readonly depth: number } | null = null;
  let why = '';
  try {
    for (const [at, depth] of depths.entries()) {
      context.progress(progressBar('counting rows', at, depths.length));
      const left = until - Date.now();
      if (left <= 0) break;
      const request = { schema, start: table, where, edges: edges.filter((edge) => edge.depth <= depth) };
      const answer = await probe.count(request, left);
      if (!answer.known) {
        why = answer.why;
        break;
      }
      last = { counts: answer.value, depth };
    }
  } finally {
    context.progress('');
  }
  if (last === null) {
    throw new OndeleteError(
      'QUERY_FAILED',
      `nothing could be counted in ${seconds} seconds${why === '' ? '' : `: ${why}`}`,
      'Give it more with --timeout, or pick fewer rows; an index on the columns of each key helps most.',
    );
  }
  return { where, ...last.counts, depth: last.depth === depths.at(-1) ? null : last.depth, seconds };
}
