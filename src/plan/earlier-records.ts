/** Lines of migration files as earlier versions wrote them: they stand in repositories, and are read for as long as their files are. */
import * as z from 'zod';
import { referentialActions } from '../core/model.ts';
import { clause, type Receipt, receipt, type RecordedKey, table } from './recorded-key.ts';

interface Line {
  readonly receipt: Receipt | null;
  readonly keys: readonly RecordedKey[];
}

/** `ondelete-set:` once named what each key has. */
export const setOfNamedKeys = z
  .object({
    set: z.string(),
    receipt: receipt.nullable().default(null),
    keys: z.array(
      z.object({
        child: table,
        columns: z.array(z.string()),
        parent: table,
        parentColumns: z.array(z.string()),
        constraint: z.string().nullable(),
        place: z.number().default(0),
        from: clause,
        to: clause,
        fingerprint: z.string(),
      }),
    ),
  })
  .transform(({ set, receipt, keys }): Line => ({
    receipt,
    keys: keys.map(({ place, ...key }) => ({ ...key, set, ordinal: place })),
  }));

const tableObject = z.object({ schema: z.string(), name: z.string() });
const clauseObject = z.object({
  onDelete: z.enum(referentialActions),
  onDeleteColumns: z.array(z.string()).nullable(),
});

/** Before that, each key had a line of its own, `ondelete-key:`, and the receipt too, `ondelete-receipt:`. */
export const keyLine = z
  .object({
    set: z.string(),
    child: tableObject,
    columns: z.array(z.string()),
    parent: tableObject,
    parentColumns: z.array(z.string()),
    constraint: z.string().nullable(),
    twin: z.number(),
    from: clauseObject,
    to: clauseObject,
    fingerprint: z.string(),
  })
  .transform(({ twin, ...key }): Line => ({ receipt: null, keys: [{ ...key, ordinal: twin }] }));

export const receiptLine = receipt.transform((receipt): Line => ({ receipt, keys: [] }));
