// Kills and other faults on SQLite, with either journal; see dose.ts.
import { chaosOnSqlite } from './dose.ts';

chaosOnSqlite('delete');
chaosOnSqlite('wal');
