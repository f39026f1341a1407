// What speaks against a change on InnoDB: what is refused here is what the server itself refuses, or fails on at every later delete.
import { clause } from '../builders.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { expect, test } from '@jest/globals';
import type { ReferentialAction } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import { changeOf, codeOfFailure, keyNamed, lab, runByDriver, stepOf } from './lab.ts';

const tables = `CREATE TABLE p (id INT PRIMARY KEY, k INT, KEY k (k));
CREATE TABLE plain (id INT PRIMARY KEY, p INT, v INT AS (p + 1) VIRTUAL, CONSTRAINT plain_fk FOREIGN KEY (p) REFERENCES p (id));
CREATE TABLE checked (id INT PRIMARY KEY, p INT, q INT, note VARCHAR(20), CONSTRAINT checked_fk FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT free_fk FOREIGN KEY (q) REFERENCES p (id), CONSTRAINT positive CHECK (p > 0 AND note <> 'the \`q\` of it'));
CREATE TABLE kept (id INT PRIMARY KEY, p INT, twice INT AS (p * 2) STORED, CONSTRAINT stored_fk FOREIGN KEY (p) REFERENCES p (id));
CREATE TABLE node (id INT PRIMARY KEY, up INT, CONSTRAINT node_fk FOREIGN KEY (up) REFERENCES node (id));
CREATE TABLE watched (id INT PRIMARY KEY, p INT, CONSTRAINT watched_fk FOREIGN KEY (p) REFERENCES p (id));
CREATE TRIGGER watcher BEFORE UPDATE ON watched FOR EACH ROW SET @x = 1`;

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  const mysql = server.dialect === 'mysql';

  test('refuses what the server refuses, and nothing else', async () => {
    const at = await lab(server);
    try {
      await at.make(tables);
      const snapshot = await at.snapshot();
      const capabilities = at.dialect.capabilities(at.identity);
      const codes = (name: string, action: ReferentialAction): readonly string[] =>
        at.dialect
          .checkChange(keyNamed(snapshot, name), clause(action), schemaIndex(snapshot), capabilities)
          .map((hazard) => hazard.code);
      const expected: readonly (readonly [string, ReferentialAction, readonly string[]])[] = [
        ['plain_fk', 'CASCADE', []],
        ['plain_fk', 'SET NULL', []],
        ['checked_fk', 'SET NULL', ['SET_NULL_ON_CHECK']],
        ['checked_fk', 'CASCADE', []],
        ['free_fk', 'SET NULL', []],
        ['stored_fk', 'SET NULL', ['STORED_BASE_COLUMN']],
        ['stored_fk', 'CASCADE', ['STORED_BASE_COLUMN']],
        ['stored_fk', mysql ? 'RESTRICT' : 'NO ACTION', []],
      ];
      const session = await at.session();
      for (const [name, action, hazards] of expected) {
        expect([name, action, codes(name, action)]).toEqual([name, action, hazards]);
        const step = stepOf(at, snapshot, changeOf(keyNamed(snapshot, name), action));
        const failure = await codeOfFailure(runByDriver(session, step.up));
        expect([name, action, failure === 'no error']).toEqual([name, action, hazards.length === 0]);
        if (failure === 'no error') await runByDriver(session, step.down);
      }
      expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(snapshot));
      expect(codes('plain_fk', 'SET DEFAULT')).toEqual(['SET_DEFAULT_UNSUPPORTED']);
      const branching = mysql && server.id !== 'mysql-9.7-native' ? ['SELF_REFERENCE_BRANCHES'] : [];
      expect(codes('node_fk', 'CASCADE')).toEqual(['SELF_REFERENCE_DEPTH', ...branching]);
      const step = stepOf(at, snapshot, changeOf(keyNamed(snapshot, 'node_fk'), 'CASCADE'));
      await runByDriver(session, step.up);
      await session.query('INSERT INTO node VALUES (1, NULL), (2, 1), (3, 1), (4, 2), (5, 3)');
      const deleted = await codeOfFailure(session.query('DELETE FROM node WHERE id = 1'));
      expect(deleted).toBe(branching.length === 0 ? 'no error' : '6575');
      expect(codes('watched_fk', 'SET NULL')).toEqual(['TRIGGERS_NOT_FIRED']);
      expect(codes('watched_fk', 'RESTRICT')).toEqual([]);
    } finally {
      await at.close();
    }
  });

  test('a key to columns that are not unique: refused where the server would refuse it', async () => {
    const at = await lab(server);
    try {
      const session = await at.session();
      if (mysql) await session.query('SET SESSION restrict_fk_on_non_standard_key = 0');
      await session.query('CREATE TABLE p (id INT PRIMARY KEY, k INT, KEY k (k))');
      await session.query(
        'CREATE TABLE c (id INT PRIMARY KEY, k INT, CONSTRAINT loose FOREIGN KEY (k) REFERENCES p (k))',
      );
      const snapshot = await at.snapshot();
      const change = changeOf(keyNamed(snapshot, 'loose'), 'CASCADE');
      const codes = at.dialect
        .checkChange(
          change.foreignKey,
          change.to,
          schemaIndex(snapshot),
          at.dialect.capabilities(at.identity),
        )
        .map((hazard) => hazard.code);
      expect(codes).toEqual(mysql ? ['PARENT_NOT_UNIQUE'] : []);
      const step = stepOf(at, snapshot, change);
      expect(await codeOfFailure(runByDriver(await at.session(), step.up))).toContain(
        mysql ? '6125' : 'no error',
      );
    } finally {
      await at.close();
    }
  });

  test('a parent that was converted while checks were off: told, and refused as the server refuses it', async () => {
    const at = await lab(server);
    try {
      const session = await at.session();
      await session.query('SET SESSION foreign_key_checks = 0');
      for (const sql of [
        'CREATE TABLE code (code VARCHAR(20) CHARACTER SET utf8mb3 PRIMARY KEY)',
        'CREATE TABLE attr (id INT PRIMARY KEY, code VARCHAR(20) CHARACTER SET utf8mb3, CONSTRAINT attr_code FOREIGN KEY (code) REFERENCES code (code))',
        // MariaDB does not convert it, but takes a new one.
        mysql ? 'ALTER TABLE code CONVERT TO CHARACTER SET utf8mb4' : 'DROP TABLE code',
        mysql ? 'DO 0' : 'CREATE TABLE code (code VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY KEY)',
      ])
        await session.query(sql);
      const snapshot = await at.snapshot();
      const change = changeOf(keyNamed(snapshot, 'attr_code'), 'CASCADE');
      const schema = schemaIndex(snapshot);
      const capabilities = at.dialect.capabilities(at.identity);
      expect(at.dialect.checkChange(change.foreignKey, change.to, schema, capabilities)).toEqual([
        expect.objectContaining({ code: 'COLLATION_DIFFERS' }),
      ]);
      expect(at.dialect.findings(schema).map(({ code }) => code)).toEqual(['COLLATION_MISMATCH']);
      const step = stepOf(at, snapshot, change);
      expect(await codeOfFailure(runByDriver(await at.session(), step.up))).toContain(
        mysql ? '3780' : '1822',
      );
      expect(await at.snapshot()).toEqual(snapshot);
    } finally {
      await at.close();
    }
  });

  if (!mysql)
    test('a child with a unique hash: refused, because the server alters it by a copy alone', async () => {
      const at = await lab(server);
      try {
        const child = (table: string, index: string): string =>
          `CREATE TABLE ${table} (id INT PRIMARY KEY, p INT, t TEXT, n INT, ${index}, CONSTRAINT ${table}_fk FOREIGN KEY (p) REFERENCES p (id))`;
        await at.make(`CREATE TABLE p (id INT PRIMARY KEY, t TEXT, UNIQUE (t));
          ${child('whole', 'UNIQUE u (t)')}; ${child('several', 'UNIQUE u (n, t)')}; ${child('asked', 'UNIQUE u (n) USING HASH')};
          ${child('prefix', 'UNIQUE u (t(20))')}; ${child('plain', 'KEY u (n) USING HASH')}`);
        const snapshot = await at.snapshot();
        const session = await at.session();
        const told: Record<string, readonly [codes: readonly string[], failure: string]> = {};
        for (const key of snapshot.foreignKeys) {
          const change = changeOf(key, 'CASCADE');
          const capabilities = at.dialect.capabilities(at.identity);
          const hazards = at.dialect.checkChange(key, change.to, schemaIndex(snapshot), capabilities);
          const failure = await codeOfFailure(runByDriver(session, stepOf(at, snapshot, change).up));
          told[key.child.name] = [hazards.map(({ code }) => code), failure.replace(/^.* /, '')];
        }
        const refused = [['NOT_AVAILABLE_HERE'], '1846'];
        const taken = [[], 'error'];
        expect(told).toEqual({
          whole: refused,
          several: refused,
          asked: refused,
          prefix: taken,
          plain: taken,
        });
      } finally {
        await at.close();
      }
    });

  test('the catalog keeps RESTRICT and NO ACTION apart, and they are one action', async () => {
    const at = await lab(server);
    try {
      expect(at.dialect.sameAction('RESTRICT', 'NO ACTION')).toBe(true);
      expect(at.dialect.sameAction('RESTRICT', 'SET DEFAULT')).toBe(false);
      await at.make(
        'CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (p INT, CONSTRAINT a FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET DEFAULT)',
      );
      const snapshot = await at.snapshot();
      expect(keyNamed(snapshot, 'a').onDelete).toBe(mysql ? 'SET DEFAULT' : 'RESTRICT');
      expect(at.dialect.findings(schemaIndex(snapshot)).map((finding) => finding.code)).toEqual(
        mysql ? ['SET_DEFAULT_LIVE'] : [],
      );
    } finally {
      await at.close();
    }
  });
}
