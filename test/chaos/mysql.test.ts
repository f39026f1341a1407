// Kills and other faults, on every server of this dialect; see dose.ts.
import { chaosOnServers } from './dose.ts';

chaosOnServers('mysql');
