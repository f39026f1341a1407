// Diff and plan of every key of a schema: what `generate` does between reading the database and writing files.
import { configFrom } from '../dist/src/config/read.js';
import { parseConfigText } from '../dist/src/config/yaml-text.js';
import { diff } from '../dist/src/diff/diff.js';
import { assess, plan } from '../dist/src/plan/plan.js';
import { schemaIndex } from '../dist/src/core/schema-index.js';
import { decide } from '../dist/src/policy/decide.js';

/** Rules of several kinds, each of which has something to match; together they change every key. */
const text = `policy:
  rules:
    - match: 'business_table_1* -> *'
      except: 'business_table_1?(second_id) -> *'
      onDelete: cascade
      reason: measured
    - match: ['*(second_id) -> *', 'nothing_* -> *']
      when: { nullable: true }
      onDelete: cascade
    - match: '*(first_id) -> business_table_{1,2,3}*'
      onDelete: cascade
  default: cascade
`;

/**
 * @param {import('../dist/src/core/contracts/engine.js').Engine} dialect
 * @param {import('../dist/src/core/model.js').Snapshot} read
 * @returns {Promise<() => import('../dist/src/core/model.js').Plan>} decides, compares, judges and writes the steps, once a call
 */
export async function planner(dialect, read) {
  const { policy } = await configFrom(parseConfigText(text, 'bench.yaml'), '/bench.yaml', {});
  if (policy === null) throw new Error('the policy of the benchmark has gone');
  const { emit } = await dialect.emitter();
  const capabilities = dialect.capabilities(read.server);
  const runner = { runsCode: false, commandLineClient: true };
  return () => {
    const schema = schemaIndex(read);
    const names = dialect.names(read.server);
    const { decisions, findings } = decide(policy, schema, names, (a, b) => dialect.sameAction(a, b));
    const { changes } = diff(schema, decisions, findings, dialect);
    const options = { allowances: [], preflight: [], paths: null };
    const assessment = assess(changes, schema, dialect, capabilities, options);
    return plan(
      assessment,
      schema,
      emit,
      { capabilities, runner, wraps: 'nothing', plain: false, withOperations: false },
      [],
    );
  };
}
