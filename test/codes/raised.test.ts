// Every code of the catalogue is raised somewhere, and what only a rare database shows is raised here from plain data.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { mysql } from '../../dialects/mysql/index.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { orphanHazards } from '../../src/commands/shared/figures.ts';
import { diff } from '../../src/diff/diff.ts';
import { catalogue } from '../../src/core/codes/index.ts';
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import type { ForeignKey } from '../../src/core/model.ts';
import { clause, foreignKey, snapshotOf, table } from '../builders.ts';

const root = join(import.meta.dirname, '../..');

test('no code stands in the catalogue that nothing raises', () => {
  const sources = ['src', 'dialects'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('core/codes/'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  );
  const raised = (code: string): boolean => sources.some((text) => text.includes(`'${code}'`));
  expect(Object.keys(catalogue).filter((code) => !raised(code))).toEqual([]);
});

describe('findings about keys as they are', () => {
  const codes = (differing: Partial<ForeignKey>): readonly string[] =>
    postgres.findings(schemaIndex(snapshotOf([foreignKey(differing)]))).map((finding) => finding.code);

  test('not validated, not enforced, triggers switched off', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ validated: false })).toEqual(['NOT_VALIDATED']);
    expect(codes({ enforced: false, validated: false })).toContain('NOT_ENFORCED');
    expect(codes({ triggers: [{ on: 'child', event: 'insert', enabled: 'disabled' }] })).toContain(
      'TRIGGERS_DISABLED',
    );
  });

  test('SET NULL on a column that refuses NULL is told, and only there', () => {
    const found = (nullable: boolean): readonly string[] => {
      const plain = table('order_items', ['order_id']);
      const child = { ...plain, columns: plain.columns.map((column) => ({ ...column, nullable })) };
      const key = foreignKey({ onDelete: 'SET NULL' });
      const decisions = [{ foreignKey: key, rule: null, wanted: 'keep' as const }];
      return diff(schemaIndex(snapshotOf([key], { tables: [child] })), decisions, [], postgres).findings.map(
        (finding) => finding.code,
      );
    };
    expect([found(false), found(true)]).toEqual([['SET_NULL_LIVE_ON_NOT_NULL'], []]);
  });
});

test('orphans stop a file only where the key is validated again', () => {
  const codes = (key: ForeignKey, engine: EngineCore, count = 2): readonly string[] =>
    orphanHazards(
      [
        {
          key,
          orphans: { known: true, value: { count, atLeast: false, sample: [] } },
          childRows: { known: false, why: '' },
        },
      ],
      engine,
    ).map((hazard) => hazard.code);
  expect(codes(foreignKey(), postgres)).toEqual(['ORPHANS']);
  expect(codes(foreignKey({ validated: false }), postgres)).toEqual(['ORPHANS_STAY']);
  expect(codes(foreignKey(), sqlite)).toEqual(['ORPHANS_STAY']);
  expect(codes(foreignKey(), postgres, 0)).toEqual([]);
});

test('a key whose own name nobody knows is not finished under a guessed one', () => {
  const hidden = foreignKey({
    name: null,
    halfDone: { from: null, to: clause('CASCADE'), temporaryName: 'x__od_1234', secondKeys: 0 },
  });
  const plain = snapshotOf([hidden], { flavor: 'mysql' });
  const hazards = mysql.checkChange(
    hidden,
    clause('CASCADE'),
    schemaIndex(plain),
    mysql.capabilities(plain.server),
  );
  expect(hazards.map((hazard) => hazard.code)).toContain('ORIGINAL_NAME_UNKNOWN');
});
