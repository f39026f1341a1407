// Kills and other faults, on every server of this dialect; see each-fault-once.ts.
import { chaosOnServers } from './each-fault-once.ts';

chaosOnServers('postgres');
