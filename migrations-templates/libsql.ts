/** Plain SQL files for @libsql/client, which has no program. */
import { clientFiles } from './shared/client-files.ts';

export const libsql = clientFiles({
  name: 'libsql',
  title: 'libSQL',
  call: 'client.executeMultiple',
  failure: 'Nothing of the file is kept. Run it again.',
  notes: [
    'libSQL has no command-line client: run a file with `createClient({ url: "file:shop.db" }).executeMultiple(text)` of @libsql/client, or `new Database("shop.db").exec(text)` of libsql. Both stop at the first error, which the files rely on.',
    'The sqlite3 client does not know `ALTER COLUMN … TO`. For it, and for tools that use SQLite, name the same file as sqlite:FILE.',
  ],
  replay: null,
});
