// Kills and other faults on SQLite, with either journal; see each-fault-once.ts.
import { chaosOnSqlite } from './each-fault-once.ts';

chaosOnSqlite('delete');
chaosOnSqlite('wal');
