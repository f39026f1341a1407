/** Plain SQL files for @tursodatabase/database, whose program is not in npm. They are files of SQLite as well, so a rehearsal runs them there. */
import { clientFiles } from './shared/client-files.ts';
import { replay } from './sql/replay.ts';

export const turso = clientFiles({
  name: 'turso',
  title: 'Turso',
  call: 'database.exec',
  failure: 'Nothing of the file is kept once its connection is closed. Run it again on a new one.',
  notes: [
    'Run a file on a connection of its own, with `const database = await connect("shop.db"); await database.exec(text); await database.close()` of @tursodatabase/database. It stops at the first error, which the files rely on; close the connection then as well.',
    'While Turso has a file open, let nothing else write to it. sqlite3 can run what is written for sqlite:FILE when every application has closed it.',
  ],
  replay: (files, stage) => Promise.resolve(replay(files, stage)),
});
