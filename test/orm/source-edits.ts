// One edit of one line of a model, as the tests of edits make it.
import { factsSchema, keyTarget } from '../../src/orm/facts.ts';
import type { ModelEdit } from '../../src/orm/finding.ts';
import { ormNamed } from '../../src/orm/index.ts';
import { sourceEdits } from '../../src/orm/model-files/edits.ts';
import { unifiedDiff } from '../../src/orm/model-files/patch.ts';

export type Part = Partial<Pick<ModelEdit, 'at' | 'set' | 'remove' | 'target'>>;

interface Given {
  /** How many the line makes. */
  readonly keys?: number;
  /** Whether there is a relationship over them. */
  readonly related?: boolean;
  readonly within?: readonly string[];
}

/** A file, and one edit of the line that says HERE; with what it should be. */
export async function edited(
  orm: string,
  source: string,
  part: Part = {},
  { keys = 1, related = true, within = [] }: Given = {},
): Promise<string> {
  const line = source.split('\n').findIndex((one) => one.includes('HERE')) + 1;
  const place = { file: 'models', line };
  const foreignKeys = Array.from({ length: keys }, (_, at) => ({
    child: { schema: null, name: `items${at === 0 ? '' : at}` },
    columns: ['order_id'],
    parent: { schema: null, name: 'orders' },
    parentColumns: ['id'],
    onDelete: null,
    place,
    within,
  }));
  const facts = factsSchema.parse({
    version: 1,
    orm,
    source: 'models',
    tables: [],
    foreignKeys,
    relationships: [
      { owner: 'Item', attribute: 'order', target: 'Order', direction: 'many-to-one', keys: [], place },
    ]
      .filter(() => related)
      .map((one) => ({ ...one, keys: [keyOnly(foreignKeys[0])] })),
  });
  const edits = facts.foreignKeys.map((key): ModelEdit => ({
    kind: 'model',
    at: 'key',
    target: keyTarget(key),
    place,
    set: {},
    remove: [],
    text: 'the edit',
    ...part,
  }));
  const { editor: spelling } = await ormNamed(orm);
  const made = sourceEdits(edits, facts, spelling, () => ({ text: source }));
  return made.leftOut.length > 0
    ? made.leftOut.map(({ why }) => why).join('\n')
    : unifiedDiff(made.edits, () => source)
        .split('\n')
        .filter((one) => /^[-+](?![-+])/.test(one))
        .join('\n');
}

function keyOnly<T extends { child: object; columns: string[]; parent: object; parentColumns: string[] }>(
  key: T | undefined,
): Pick<T, 'child' | 'columns' | 'parent' | 'parentColumns'> | undefined {
  if (key === undefined) return undefined;
  const { child, columns, parent, parentColumns } = key;
  return { child, columns, parent, parentColumns };
}
