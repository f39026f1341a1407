// The one list of faults.
import type { Engine } from '../support/database.ts';
import { deadlock, lockHeld, together } from './contention.ts';
import type { Fault } from './fault.ts';
import {
  anyMoment,
  betweenStatements,
  cancelStatement,
  crashServer,
  endSession,
  killClient,
} from './kills.ts';
import { otherSide } from './place.ts';
import { diskFull, generateTwice, kyselyKilled, restartBetweenFiles } from './runners.ts';

const servers: readonly Engine[] = ['postgres', 'mysql', 'mariadb'];
const all: readonly Engine[] = [...servers, 'sqlite'];

export const faults: readonly Fault[] = [
  { name: 'client killed at any moment', engines: all, run: anyMoment(killClient) },
  { name: 'client killed between statements', engines: all, run: betweenStatements(killClient) },
  { name: 'session ended at any moment', engines: servers, run: anyMoment(endSession) },
  { name: 'session ended between statements', engines: servers, run: betweenStatements(endSession) },
  { name: 'statement cancelled', engines: servers, run: anyMoment(cancelStatement) },
  { name: 'server killed at any moment', engines: servers, killsServer: true, run: anyMoment(crashServer) },
  {
    name: 'server killed between statements',
    engines: servers,
    killsServer: true,
    run: betweenStatements(crashServer),
  },
  { name: 'lock held by another session', engines: all, run: lockHeld },
  { name: 'deadlocks around it', engines: servers, run: deadlock },
  { name: 'the same file twice at once', engines: all, run: together((side) => side) },
  { name: 'up and down at once', engines: all, run: together(otherSide) },
  { name: 'disk full', engines: ['sqlite'], run: diskFull },
  { name: 'generate twice at once', engines: all, run: generateTwice },
  { name: 'Kysely killed', engines: all, kysely: true, run: kyselyKilled },
  {
    name: 'server restarted between files of Kysely',
    engines: ['postgres'],
    kysely: true,
    killsServer: true,
    run: restartBetweenFiles,
  },
];
