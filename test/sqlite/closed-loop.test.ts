/** Every pair of actions, on keys of every kind, run in every way: the policy holds, and nothing else changes. */
import { describe, expect, test } from '@jest/globals';
import { type ReferentialAction, referentialActions } from '../../src/core/model.ts';
import {
  allRows,
  copyOf,
  introspected,
  run,
  type Runner,
  runners,
  scratch,
  type Scratch,
  stepsFor,
  storedTexts,
} from './closed-loop.ts';

interface Case {
  readonly name: string;
  /** Two parents, 0 and 1, and a child of 1; `clause` is `` or ` ON DELETE …`. */
  readonly schema: (clause: string) => string;
  readonly deleteParent: string;
  /** The key's columns of the child. */
  readonly child: string;
}

const cases: readonly Case[] = [
  {
    name: 'a key in a column, with comments and defaults that look like one',
    schema: (clause) => `
      CREATE TABLE p(id INTEGER PRIMARY KEY, note TEXT DEFAULT 'REFERENCES p ON DELETE CASCADE');
      CREATE TABLE c(id INTEGER PRIMARY KEY, -- pid INT DEFAULT 0 REFERENCES p(id) ON DELETE CASCADE
        pid INT DEFAULT 0 CONSTRAINT belongs REFERENCES p(id)${clause} /* ON DELETE SET NULL */, "references" TEXT CHECK("references" <> 'p(id) ON DELETE'));
      INSERT INTO p(id) VALUES (0), (1); INSERT INTO c VALUES (7, 1, 'x');`,
    deleteParent: 'DELETE FROM p WHERE id = 1',
    child: 'SELECT pid FROM c',
  },
  {
    name: 'a composite key, deferrable, in lower case',
    schema: (clause) => `
      create table p(a int, b text, primary key (a, b)) without rowid;
      create table c(a int default 0, b text default 'b', n integer primary key autoincrement,
        constraint "to p" foreign key (a, b) references p(a, b) match full on update cascade${clause.toLowerCase()} deferrable initially deferred);
      create index c_a on c(a, b) where a is not null;
      insert into p values (0, 'b'), (1, 'b'); insert into c(a, b, n) values (1, 'b', 40); delete from sqlite_sequence; insert into sqlite_sequence values ('c', 99);
      analyze;`,
    deleteParent: 'DELETE FROM p WHERE a = 1',
    child: 'SELECT a, b FROM c',
  },
  {
    name: 'a self reference with the parent columns left out',
    schema: (clause) => `
      CREATE TABLE t(id INTEGER PRIMARY KEY, up INT DEFAULT 0 REFERENCES t${clause} NOT DEFERRABLE, UNIQUE(id, up));
      INSERT INTO t VALUES (0, NULL), (1, NULL), (2, 1);`,
    deleteParent: 'DELETE FROM t WHERE id = 1',
    child: 'SELECT up FROM t WHERE id = 2',
  },
  {
    name: 'two keys over the same column, and two between the same tables',
    schema: (clause) => `
      CREATE TABLE p(id INTEGER PRIMARY KEY);
      CREATE TABLE c(x INT DEFAULT 0 REFERENCES p(id)${clause} REFERENCES p(id)${clause}, y INT DEFAULT 0 REFERENCES p(id)${clause},
        FOREIGN KEY (x) REFERENCES p(id)${clause}, FOREIGN KEY (x) REFERENCES p(id)${clause});
      INSERT INTO p VALUES (0), (1); INSERT INTO c VALUES (1, 1);`,
    deleteParent: 'DELETE FROM p WHERE id = 1',
    child: 'SELECT x, y FROM c',
  },
  {
    name: 'names that want quotes of every kind',
    schema: (clause) => `
      CREATE TABLE "Ta;b\`l'e.[x" ("i""d" INTEGER PRIMARY KEY, [group] INT);
      CREATE TABLE [select "from" ünï; 🦉] ("a--b" INT DEFAULT 0, \`k\`\`ey\` TEXT DEFAULT 'a;b', '/*' INT,
        FOREIGN KEY("A--B")REFERENCES "tA;b\`l'e.[x"("I""D")${clause}${clause === '' ? '' : ' '}NOT DEFERRABLE CHECK (1));
      CREATE INDEX "in'dex;" ON [select "from" ünï; 🦉] (\`k\`\`ey\`);
      INSERT INTO "Ta;b\`l'e.[x" VALUES (0, 0), (1, 0); INSERT INTO [select "from" ünï; 🦉] VALUES (1, 'x', 3);`,
    deleteParent: `DELETE FROM "Ta;b\`l'e.[x" WHERE "i""d" = 1`,
    child: 'SELECT "a--b" FROM [select "from" ünï; 🦉]',
  },
  {
    name: 'strict, generated columns, hidden rowid names, ends of line of another system',
    schema: (clause) => `
      CREATE TABLE p(id INTEGER PRIMARY KEY) STRICT;
      CREATE TABLE c(\r\n\trowid TEXT,\r\n\tpid INTEGER DEFAULT 0\r\n\tREFERENCES p${clause},\r\n\tv INT AS (pid + 1), s INT GENERATED ALWAYS AS (pid * 2) STORED CHECK (c.s >= 0)) STRICT;
      INSERT INTO p VALUES (0), (1); INSERT INTO c(_rowid_, rowid, pid) VALUES (5, 'five', 1), (3, 'three', 0);`,
    deleteParent: 'DELETE FROM p WHERE id = 1',
    child: "SELECT pid FROM c WHERE rowid = 'five'",
  },
];

/** What becomes of the child when its parent goes. */
function outcome(database: Scratch, { deleteParent, child }: Case): unknown {
  const copy = copyOf(database);
  try {
    copy.script(deleteParent);
    const [row] = copy.rows(child) as Record<string, unknown>[];
    if (row === undefined) return 'deleted';
    return Object.values(row).every((value) => value === null) ? 'null' : 'default';
  } catch (error) {
    return (error as { code: unknown }).code;
  } finally {
    copy.remove();
  }
}

const outcomes: Readonly<Record<ReferentialAction, unknown>> = {
  'NO ACTION': 'SQLITE_CONSTRAINT_FOREIGNKEY',
  RESTRICT: 'SQLITE_CONSTRAINT_TRIGGER',
  CASCADE: 'deleted',
  'SET NULL': 'null',
  'SET DEFAULT': 'default',
};

const pairs = ['', ...referentialActions].flatMap((from) =>
  referentialActions
    .filter((to) => to !== (from === '' ? 'NO ACTION' : from))
    .map((to) => [from, to] as const),
);

async function closeTheLoop(one: Case, from: string, to: ReferentialAction, runner: Runner): Promise<void> {
  const database = scratch(one.schema(from === '' ? '' : ` ON DELETE ${from}`));
  try {
    const before = {
      snapshot: JSON.stringify(await introspected(database.file)),
      rows: allRows(database),
      texts: storedTexts(database),
    };
    const steps = await stepsFor(database.file, to);
    await run(database.file, steps, 'up', runner);
    const expected = before.snapshot.replaceAll(`"onDelete":"${from || 'NO ACTION'}"`, `"onDelete":"${to}"`);
    const withoutTexts = (text: string) => text.replace(/"definition":"(?:[^"\\]|\\.)*"/g, '');
    expect(withoutTexts(JSON.stringify(await introspected(database.file)))).toBe(withoutTexts(expected));
    expect(allRows(database)).toEqual(before.rows);
    expect(outcome(database, one)).toEqual(outcomes[to]);
    const texts = storedTexts(database);
    await run(database.file, steps, 'up', runner);
    expect(storedTexts(database)).toEqual(texts);
    await run(database.file, steps, 'down', runner);
    expect(JSON.stringify(await introspected(database.file))).toBe(before.snapshot);
    expect(allRows(database)).toEqual(before.rows);
    expect(storedTexts(database)).toEqual(before.texts);
    expect(outcome(database, one)).toEqual(outcomes[(from || 'NO ACTION') as ReferentialAction]);
  } finally {
    database.remove();
  }
}

/** A client is a process for each direction, so that a quick run takes six pairs through it: every action once on either side. */
const fewPairs = pairs.filter(
  ([from, to]) => referentialActions[(referentialActions.indexOf(from as ReferentialAction) + 2) % 5] === to,
);

describe.each(runners)('by %s', (runner) => {
  const isQuick = runner.includes('client') && process.env['ONDELETE_TEST_LONG'] !== '1';
  describe.each(cases)('$name', (one) => {
    test.each(isQuick ? fewPairs : pairs)('from "%s" to %s and back', (from, to) =>
      closeTheLoop(one, from, to, runner),
    );
  });
});
