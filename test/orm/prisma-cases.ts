// Every way in which a Prisma model and a live key can stand to each other, as schemas and as tables.
import type { Engine } from '../support/database.ts';

export interface PrismaCase {
  readonly id: string;
  /** relationMode = "prisma". */
  readonly emulates: boolean;
  /** Null: nothing is written. */
  readonly onDelete: string | null;
  readonly optional: boolean;
  /** The live key's action; null where there is no key. */
  readonly live: string | null;
  /** A link table of Prisma's own. */
  readonly link: boolean;
}

/** Action × nullability × live key, with keys and in place of keys; what an engine refuses is left out. */
export function prismaCases(engine: Engine): readonly PrismaCase[] {
  const isMysql = engine === 'mysql' || engine === 'mariadb';
  const cases: Omit<PrismaCase, 'id'>[] = [];
  for (const emulates of [false, true]) {
    const written = emulates
      ? ['Cascade', 'Restrict', ...(isMysql ? ['NoAction'] : ['SetNull'])]
      : ['Cascade'];
    const lives = [null, 'NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', ...(isMysql ? [] : ['SET DEFAULT'])];
    for (const live of lives) {
      for (const onDelete of [null, ...written]) {
        for (const optional of [true, false]) {
          if (!optional && (onDelete === 'SetNull' || (isMysql && live === 'SET NULL'))) continue;
          cases.push({ emulates, onDelete, optional, live, link: false });
        }
      }
    }
    for (const live of [null, 'NO ACTION', 'CASCADE'])
      cases.push({ emulates, onDelete: null, optional: false, live, link: true });
  }
  return cases.map((each, index) => ({ ...each, id: String(index + 1) }));
}

/** The schema that declares them. */
export function prismaSchema(cases: readonly PrismaCase[], engine: Engine): string {
  const provider = engine === 'postgres' ? 'postgresql' : engine === 'mariadb' ? 'mysql' : engine;
  const mode = cases[0]?.emulates === true ? 'prisma' : 'foreignKeys';
  return [
    'generator client {\n  provider = "prisma-client-js"\n}',
    `datasource db {\n  provider     = "${provider}"\n  relationMode = "${mode}"\n}`,
    ...cases.map(({ id, onDelete, optional, link }) => {
      const parent = `model P${id} {\n  id Int @id\n  c  C${id}[]\n}`;
      if (link) return `${parent}\nmodel C${id} {\n  id Int @id\n  p  P${id}[]\n}`;
      const mark = optional ? '?' : '';
      const action = onDelete === null ? '' : `, onDelete: ${onDelete}`;
      return `${parent}
model C${id} {
  id  Int @id
  pId Int${mark} @default(99)
  p   P${id}${mark} @relation(fields: [pId], references: [id]${action})
  @@index([pId])
}`;
    }),
  ].join('\n\n');
}

/** The tables with the live key, not as Prisma would make them. */
export function prismaTables({ id, optional, live, link }: PrismaCase, engine: Engine): string {
  const quote = engine === 'mysql' || engine === 'mariadb' ? '`' : '"';
  const q = (name: string): string => `${quote}${name}${quote}`;
  const key = (column: string, parent: string): string =>
    live === null
      ? ''
      : `, FOREIGN KEY (${q(column)}) REFERENCES ${q(parent)} (${q('id')}) ON DELETE ${live}`;
  const parent = `CREATE TABLE ${q(`P${id}`)} (${q('id')} INTEGER NOT NULL PRIMARY KEY);`;
  const child = q(`C${id}`);
  return link
    ? `${parent}
CREATE TABLE ${child} (${q('id')} INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE ${q(`_C${id}ToP${id}`)} (${q('A')} INTEGER NOT NULL, ${q('B')} INTEGER NOT NULL${key('A', `C${id}`)}${key('B', `P${id}`)});`
    : `${parent}
CREATE TABLE ${child} (${q('id')} INTEGER NOT NULL PRIMARY KEY, ${q('pId')} INTEGER${optional ? '' : ' NOT NULL'} DEFAULT 99${key('pId', `P${id}`)});`;
}
