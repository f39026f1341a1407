/** What several JSON reports hold: keys, changes, findings, hazards, models. */
import { z } from 'zod';
import type { Grade } from '../../src/core/codes/index.ts';
import { engineNames, referentialActions } from '../../src/core/model.ts';
import type { DeleteOutcome } from '../../src/orm/finding.ts';

export const text = z.string();
export const texts = z.array(text);
export const number = z.int().min(0);
export const action = z.enum(referentialActions);
export const tableName = z.strictObject({ schema: text, name: text });

export const server = z.strictObject({
  flavor: z.enum(engineNames),
  product: text,
  version: z.array(number),
  settings: z.record(text, text),
});

const clause = z.strictObject({ onDelete: action, onDeleteColumns: texts.nullable(), text });
const position = z.strictObject({ file: text, line: z.int().min(1), column: z.int().min(1) });

export const change = z.strictObject({
  kind: z.enum(['change-on-delete', 'finish']),
  key: text.describe('The key as people read it.'),
  constraint: text.nullable(),
  child: tableName,
  columns: texts,
  parent: tableName,
  parentColumns: texts,
  from: clause,
  to: clause,
  rule: z.strictObject({ match: text, reason: text.nullable(), position, rulePosition: position }),
});

export const catalogue = { title: text, effect: text, help: text };

export const hazard = z.strictObject({
  code: text,
  subject: text,
  detail: text,
  grade: z.enum(['refused', 'allow', 'notice'] satisfies readonly Grade[]).nullable(),
  ...catalogue,
});

export const refusal = z.strictObject({ ...change.shape, hazards: z.array(hazard) });

export const finding = z.strictObject({
  code: text,
  severity: z.enum(['error', 'warning', 'info']),
  subject: text,
  detail: text,
  position: position.nullable(),
  statement: text
    .optional()
    .describe('The SQL statement that fixes it; absent where no single statement does.'),
  ...catalogue,
});

const deleteOutcome = z.enum([
  'deleted',
  'nulled',
  'defaulted',
  'dangling',
  'foreign-key-violation',
  'not-null-violation',
  'primary-key-blanked',
  'mapper-error',
  'refused-by-orm',
] satisfies readonly DeleteOutcome[]);

const edit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('database'), match: text, onDelete: text, text }),
  z.strictObject({
    kind: z.literal('model'),
    at: z.enum(['key', 'relationship', 'backref', 'class']),
    target: text,
    place: z.strictObject({ file: text, line: z.int().min(1) }).nullable(),
    set: z.record(text, text),
    remove: texts,
    text,
  }),
  z.strictObject({ kind: z.literal('application'), text }),
]);

const choices = z.array(
  z.strictObject({
    title: text,
    recommended: z.boolean(),
    edits: z.array(edit),
    costs: z.strictObject({ portability: text, speed: text, bulkDeletes: text, listeners: text }),
  }),
);

export const models = z.strictObject({
  orm: text,
  source: text,
  keys: number,
  relationships: number,
  ignored: number,
  notes: texts,
  findings: z.array(
    z.strictObject({
      ...finding.shape,
      key: text.nullable(),
      live: text.nullable(),
      outcomes: z
        .strictObject({ unloaded: deleteOutcome, loaded: deleteOutcome, bulk: deleteOutcome })
        .nullable(),
      edits: z.array(edit),
      choices,
    }),
  ),
  advice: z
    .array(
      z.strictObject({
        subject: text,
        position: finding.shape.position,
        key: text,
        live: text.nullable(),
        level: z.enum(['database', 'orm']),
        because: texts,
        choices,
      }),
    )
    .nullable(),
});
