// The scratch database of `ondelete verify` on a server: which server it may be, what it says of itself, and that it goes, also after an interrupt.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { onEveryEngine } from './rehearsal.ts';

onEveryEngine(({ call, database, engine, folder, leftovers, scratch }) => {
  test('nothing differs: nothing to rehearse, and no server is needed', async () => {
    writeFileSync(join(folder(), 'ondelete.config.yaml'), 'policy: { default: keep }\n');
    expect(await call(['verify'])).toMatchObject({ code: 0, stderr: '' });
  });

  if (engine === 'sqlite') return;

  test('the target is never its own scratch database', async () => {
    const result = await call(['verify', '--scratch', database().url]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('is the database to be changed');
  });

  test('a scratch URL of another kind of server is refused, and its password not shown', async () => {
    const other = engine === 'postgres' ? 'mysql' : 'postgres';
    const result = await call(['verify', '--scratch', `${other}://root:open-sesame@127.0.0.1:9/x`]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('another kind of server');
    expect(result.stderr).not.toContain('sesame');
  });

  test('an interrupt drops the scratch database', async () => {
    const result = await call(['verify', ...scratch()], {
      onStart: (child) => {
        const look = setInterval(() => {
          void leftovers().then((found) => {
            if (found.length === 0) return;
            clearInterval(look);
            child.kill('SIGINT');
            // the terminal is closed, and npx passes the Ctrl-C on
            child.kill('SIGHUP');
            setTimeout(() => child.kill('SIGINT'), 10);
          });
        }, 20);
        child.on('close', () => {
          clearInterval(look);
        });
      },
    });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^ondelete: interrupted; .*\n$/);
    expect(result.stderr).not.toContain('may still be there');
  });

  test('a scratch database says what it is, and one that a killed run has left is named', async () => {
    const left = `ondelete_scratch_${randomBytes(8).toString('hex')}`;
    const comments = {
      postgres: `SELECT shobj_description(oid, 'pg_database') AS said FROM pg_database WHERE datname LIKE 'ondelete_scratch%'`,
      mariadb: `SELECT SCHEMA_COMMENT AS said FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'`,
      // Has no comments on databases.
      mysql: `SELECT 'Scratch database of ondelete' AS said`,
    };
    const said: unknown[] = [];
    await database().query(`CREATE DATABASE ${left}`);
    try {
      const result = await call(['verify', ...scratch()], {
        onStart: (child) => {
          const look = setInterval(() => {
            void database()
              .query(comments[engine])
              .then((rows) => said.push(...rows.map((row) => row['said'])));
          }, 20);
          child.on('close', () => {
            clearInterval(look);
          });
        },
      });
      expect(result.stderr).toMatch(new RegExp(`killed has left [^.]*${left}[^.]*\\. Drop`));
    } finally {
      await database().query(`DROP DATABASE ${left}`);
    }
    expect(said).toContainEqual(expect.stringContaining('Scratch database of ondelete'));
  });

  if (engine === 'postgres') return;

  test('rights on databases of the scratch name are enough', async () => {
    const user = `od_${randomBytes(4).toString('hex')}`;
    const url = new URL(scratch()[1] ?? '');
    url.username = user;
    url.password = 'open-sesame';
    await database().query(`CREATE USER ${user} IDENTIFIED BY 'open-sesame'`);
    try {
      await database().query(`GRANT ALL ON \`ondelete\\_scratch\\_%\`.* TO ${user}`);
      const result = await call(['verify', '--only', 'employees -> employees', '--scratch', url.href]);
      expect(result).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await database().query(`DROP USER ${user}`);
    }
  });

  test('without a server to rehearse on, it says which words name one', async () => {
    const result = await call(['verify']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/--scratch URL.*SCRATCH_DATABASE_URL/);
    const empty = await call(['verify'], { env: { SCRATCH_DATABASE_URL: '' } });
    expect(empty).toEqual(result);
    const hidden = await call(['verify', '--scratch', `${engine}://root:open-sesame@127.0.0.1:9/x`]);
    expect(hidden.code).toBe(2);
    expect(hidden.stderr).not.toContain('sesame');
  });
});
