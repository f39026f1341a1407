// Whole files, as the engine's own client runs them: whom they work for, and what they leave behind in the session.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import { runClient, type TestServer } from '../servers/index.ts';
import { openProject } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { lab, type Lab } from './lab.ts';

describeServers('mysql', suite);
describeServers('mariadb', suite);

const child = (table: string, parent: string): string =>
  `CREATE TABLE ${table} (id INT PRIMARY KEY, pid INT, CONSTRAINT ${table}_p FOREIGN KEY (pid) REFERENCES ${parent} (id))`;

function suite(server: TestServer): void {
  let at: Lab;
  let other: string;
  beforeEach(async () => {
    at = await lab(server);
    other = `${at.database.name}_o`;
    await at.make(
      `CREATE DATABASE ${other}; CREATE TABLE ${other}.p (id INT PRIMARY KEY, secret INT); CREATE TABLE p (id INT PRIMARY KEY);
      ${child('a', 'p')}; ${child('b', `${other}.p`)}; ${child('c', 'p')}`,
    );
  });
  afterEach(async () => {
    await at.query(`DROP TABLE b; DROP DATABASE ${other}`);
    await at.close();
  });

  /** What `generate --tool sql` writes. */
  const files = async (): Promise<Readonly<Record<'up' | 'down', string>>> => {
    const project = openProject(ondelete);
    try {
      project.write('ondelete.config.yaml', 'policy: { default: cascade, rules: [] }\n');
      const made = await project.run(['generate', '-d', at.database.url, '--tool', 'sql', '--out', 'out']);
      expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('Wrote 2 files for 3 keys')]);
      const textOf = (end: string): string => {
        const name = readdirSync(project.path('out')).find((each) => each.endsWith(end)) ?? '';
        return readFileSync(project.path(`out/${name}`), 'utf8');
      };
      return { up: textOf('.up.sql'), down: textOf('.down.sql') };
    } finally {
      project.remove();
    }
  };
  const actions = async (): Promise<readonly string[]> =>
    (await at.snapshot()).foreignKeys.map(({ name, onDelete }) => `${String(name)} ${onDelete}`);
  const changed = ['a_p CASCADE', 'b_p CASCADE', 'c_p CASCADE'];

  test('the encoding of the session is as it was, also after an error', async () => {
    const { up, down } = await files();
    const encoding =
      'SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection, COALESCE(@ondelete_names, 0);\n';
    const set = 'SET NAMES latin1; SET collation_connection = latin1_german1_ci;\n';
    const { stdout } = await runClient(
      server,
      at.database.url,
      [set, up, encoding, down, encoding].join('\n'),
    );
    const told = /^latin1\tlatin1\tlatin1\tlatin1_german1_ci\t0$/gm;
    expect(stdout.match(told)).toHaveLength(2);
    await at.make('ALTER TABLE a DROP FOREIGN KEY a_p');
    const failed = await runClient(server, at.database.url, [set, up, encoding].join('\n'), ['--force']);
    expect(failed.stderr).toContain('ondelete changed nothing');
    expect(failed.stdout.match(told)).toHaveLength(1);
  });

  /** Runs a file as a user with these rights; `TO` and the user are added to each. */
  const runAs = async (grants: readonly string[], file: string): ReturnType<typeof runClient> => {
    const user = `u${at.database.name.slice(-12)}`;
    const accounts = [`'${user}'@'%'`, `'${user}'@'localhost'`].join(', ');
    const granted = grants.map((grant) => `GRANT ${grant} TO ${accounts}`).join('; ');
    await at.make(
      `CREATE USER ${accounts.replaceAll(',', " IDENTIFIED BY 'x',")} IDENTIFIED BY 'x'; ${granted}`,
    );
    try {
      const url = new URL(at.database.url);
      url.username = user;
      url.password = 'x';
      return await runClient(server, url.href, file);
    } finally {
      await at.make(`DROP USER ${accounts}`);
    }
  };
  /** Everything here, and this with the other database. */
  const beside = (rights: string): readonly string[] => [
    `ALL ON ${at.database.name}.*`,
    `${rights} ON ${other}.p`,
  ];

  test('who may not read a parent changes the key all the same, and its rows are not counted', async () => {
    const { up } = await files();
    const { code, stderr, stdout: told } = await runAs(beside('REFERENCES'), up);
    expect([code, stderr]).toEqual([0, '']);
    expect(told).toMatch(/^\d\tnot counted$/m);
    expect(told).toMatch(/^\d\/3 a\(pid\)\t0$/m);
    expect(told).toMatch(/^\d\/3 c\(pid\)\t0$/m);
    expect(await actions()).toEqual(changed);
  });

  // MariaDB denies REFERENCES to who has a right on single columns, and its files count with a handler for every error.
  if (server.dialect === 'mysql')
    test('who may read the referenced column alone has its rows counted', async () => {
      const { up } = await files();
      const { stdout } = await runAs(beside('REFERENCES, SELECT (id)'), up);
      expect(stdout).toMatch(/^\d\/3 b\(pid\)\t0$/m);
      expect(await actions()).toEqual(changed);
    });

  test('who may not alter one of the tables is told so before any is changed, and others are let through', async () => {
    const { up, down } = await files();
    const { name } = at.database;
    const few = [`SELECT, REFERENCES ON ${name}.*`, `REFERENCES ON ${other}.p`];
    const before = await actions();
    const denied = await runAs([...few, `ALTER ON ${name}.a`, `ALTER ON ${name}.b`], up);
    expect(denied.code).not.toBe(0);
    expect(denied.stderr).toMatch(
      server.dialect === 'mysql'
        ? /ondelete changed nothing: ALTER denied on `c`/
        : /ALTER command denied to user .* for table .*`c`/,
    );
    expect(await actions()).toEqual(before);
    const all = ['a', 'b', 'c'].map((table) => `ALTER ON ${name}.${table}`);
    expect(await runAs([...few, ...all], up)).toMatchObject({ code: 0 });
    expect(await actions()).toEqual(changed);
    // What is done already needs no right.
    expect(await runAs([...few, ...all.slice(1)], up)).toMatchObject({ code: 0 });
    expect(
      await runAs([`ALL ON \`${name.replaceAll('_', '\\_')}\`.*`, `REFERENCES ON ${other}.p`], down),
    ).toMatchObject({
      code: 0,
    });
    expect(await actions()).toEqual(before);
  });

  test('who lacks REFERENCES on one of the parents is told so before any key is changed', async () => {
    const { up } = await files();
    const { name } = at.database;
    // Without a right on the database MariaDB 10.11 shows no key.
    const children = [
      `SHOW VIEW ON ${name}.*`,
      ...['a', 'b', 'c'].map((table) => `SELECT, ALTER ON ${name}.${table}`),
    ];
    const before = await actions();
    for (const [has, lacks] of [
      [`${other}.p`, `${name}.p`],
      [`${name}.p`, `${other}.p`],
    ] as const) {
      const denied = await runAs([...children, `REFERENCES ON ${has}`], up);
      expect(denied.code).not.toBe(0);
      expect(denied.stderr.replaceAll(/[`']/g, '')).toMatch(
        server.dialect === 'mysql'
          ? `ondelete changed nothing: REFERENCES denied on ${lacks.replace(`${name}.`, '')}`
          : 'REFERENCES command denied to user',
      );
      expect(await actions()).toEqual(before);
    }
    const all = [...children, `REFERENCES ON ${name}.p`, `REFERENCES ON ${other}.p`];
    expect(await runAs(all, up)).toMatchObject({ code: 0 });
    expect(await actions()).toEqual(changed);
    // What is done already needs no right.
    const readers = [...children, `SELECT ON ${name}.p`, `SELECT ON ${other}.p`];
    expect(await runAs(readers, up)).toMatchObject({ code: 0 });
  });

  test('a key that somebody else made under the name of a half-done one is left alone', async () => {
    const { up } = await files();
    const temporary = /'c_p', '(\w+)'/.exec(up)?.[1] ?? '';
    await at.make(
      `ALTER TABLE c DROP FOREIGN KEY c_p, ADD COLUMN other INT, ADD CONSTRAINT c_p__od_${temporary} FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE;
      ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (other) REFERENCES p (id) ON DELETE SET NULL`,
    );
    const before = (await at.snapshot()).foreignKeys.filter(({ child }) => child.name === 'c');
    expect((await runClient(server, at.database.url, up)).code).not.toBe(0);
    const after = (await at.snapshot()).foreignKeys.filter(({ child }) => child.name === 'c');
    expect(after).toEqual(before);
  });

  test('a user whose rights come from a role is let through', async () => {
    const { up } = await files();
    const role = `${at.database.name}_r`;
    await at.make(
      `CREATE ROLE ${role}; GRANT ALL ON ${at.database.name}.* TO ${role}; GRANT REFERENCES ON ${other}.p TO ${role}`,
    );
    try {
      const activated = `SET ROLE ${role};\n${up}`;
      expect(await runAs([role, `SELECT ON ${at.database.name}.*`], activated)).toMatchObject({ code: 0 });
      expect(await actions()).toEqual(changed);
    } finally {
      await at.make(`DROP ROLE ${role}`);
    }
  });

  if (server.dialect === 'mariadb')
    test('what a role may not is found before any key is changed', async () => {
      const { up } = await files();
      const { name } = at.database;
      const before = await actions();
      const grants = ['a', 'b'].map((table) => `GRANT ALTER ON ${name}.${table} TO ${name}_r`).join('; ');
      await at.make(
        `CREATE ROLE ${name}_r; ${grants}; GRANT REFERENCES ON ${other}.p TO ${name}_r; GRANT REFERENCES ON ${name}.* TO ${name}_r`,
      );
      try {
        const denied = await runAs([`${name}_r`, `SELECT ON ${name}.*`], `SET ROLE ${name}_r;\n${up}`);
        expect(denied.stderr).toMatch(/ALTER command denied to user .* for table .*`c`/);
        expect(await actions()).toEqual(before);
      } finally {
        await at.make(`DROP ROLE ${name}_r`);
      }
    });

  if (server.dialect === 'mariadb')
    test('what PUBLIC may, which no view shows, is found by trying', async () => {
      const { up } = await files();
      const { name } = at.database;
      await at.make(
        `GRANT ALTER, REFERENCES ON ${name}.* TO PUBLIC; GRANT REFERENCES ON ${other}.* TO PUBLIC`,
      );
      try {
        expect(await runAs([`SELECT ON ${name}.*`, `ALTER ON ${name}.a`], up)).toMatchObject({ code: 0 });
        expect(await actions()).toEqual(changed);
      } finally {
        await at.make(`REVOKE ALL ON ${name}.* FROM PUBLIC; REVOKE ALL ON ${other}.* FROM PUBLIC`);
      }
    });
}
