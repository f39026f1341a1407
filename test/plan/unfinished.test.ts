// How the files lead out of changes that were begun in another direction than the policy asks for.
import { describe, expect, test } from '@jest/globals';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlFiles } from '../../migrations-templates/sql/index.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { ExistingFile } from '../../src/core/contracts/template.ts';
import type { ForeignKey, ReferentialAction } from '../../src/core/model.ts';
import { recordLine } from '../../src/plan/record.ts';
import { wayOut } from '../../src/plan/unfinished.ts';
import { change, clause, foreignKey, snapshotOf } from '../builders.ts';

const cascade = change('CASCADE');
const record = recordLine([cascade], schemaIndex(snapshotOf([cascade.foreignKey])), '1', null);
const file = (name: string): ExistingFile => ({ path: `${name}.up.sql`, content: `-- ${record}\n` });

describe('changes that were begun in another direction than the policy asks for', () => {
  const swap = file('1_swap');
  const validate = file('1_validate');
  const begun = (from: ReferentialAction, to: ReferentialAction): ForeignKey =>
    foreignKey({
      onDelete: to,
      halfDone: { from: clause(from), to: clause(to), temporaryName: null, secondKeys: 0 },
    });
  const out = (key: ForeignKey, to: ReferentialAction, applied: readonly string[] | null = null) =>
    wayOut(
      [change(to, key)],
      { files: [swap, validate], applied: applied === null ? null : new Set(applied) },
      sqlFiles,
      schemaIndex(snapshotOf([key])),
      postgres,
    );

  test('between two reverts the file that is left is reverted', () => {
    const reverting = begun('CASCADE', 'NO ACTION');
    const left = { direction: 'down', names: ['1_swap'] };
    expect(out(reverting, 'CASCADE', ['1_swap'])).toEqual(left);
    expect(out(reverting, 'CASCADE')).toEqual(left);
  });

  test('a change that the policy has left is run to its end', () => {
    const names = ['1_swap', '1_validate'];
    expect(out(begun('NO ACTION', 'CASCADE'), 'SET NULL')).toEqual({ direction: 'up', names });
  });

  test('nothing where the policy wants what was begun, or no file has it', () => {
    expect(out(begun('NO ACTION', 'CASCADE'), 'CASCADE')).toBeNull();
    expect(out(begun('NO ACTION', 'SET NULL'), 'CASCADE')).toBeNull();
    expect(out(foreignKey(), 'CASCADE')).toBeNull();
  });
});
