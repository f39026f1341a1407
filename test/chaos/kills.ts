// Kills: of the client, of its session, of its statement, of the server; at any moment and between every two statements.
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, restart } from '../servers/index.ts';
import { cutsOf, type RunningClient, startClient } from './client.ts';
import type { Fault } from './fault.ts';
import { keysTold } from './invariants.ts';
import type { Place } from './place.ts';
import { strike, watch } from './sessions.ts';

/** What strikes, given the client that runs the file. */
type Blow = (place: Place, client: RunningClient, watcher: number) => Promise<void>;

export const killClient: Blow = (_place, client) => {
  client.kill();
  return Promise.resolve();
};
export const endSession: Blow = (place, _client, watcher) => strike(place, 'session', [watcher]);
export const cancelStatement: Blow = (place, _client, watcher) => strike(place, 'statement', [watcher]);
export const crashServer: Blow = async ({ server }) => {
  if (server !== null) await kill(server, 'immediate');
};

async function afterwards({ server }: Place, blow: Blow): Promise<void> {
  if (blow === crashServer && server !== null) await restart(server);
}

/** The whole file at once, struck at a moment drawn between its beginning and its end. */
export const anyMoment =
  (blow: Blow): Fault['run'] =>
  async (place, side, random) => {
    const looking = await watch(place);
    const client = await startClient(place);
    client.finish(place.file[side].text);
    await sleep(random.fraction() * place.file[side].milliseconds * 1.1);
    await blow(place, client, looking.id);
    await client.ended;
    await afterwards(place, blow);
    return looking.stop();
  };

/** The file up to a statement; then, with its transaction open, a look; then the blow, and the rest of the file. */
export const betweenStatements =
  (blow: Blow): Fault['run'] =>
  async (place, side, random) => {
    const { text } = place.file[side];
    const cuts = cutsOf(text);
    const cut = cuts[random.spread(cuts.length)] ?? text.length;
    const client = await startClient(place);
    client.send(text.slice(0, cut));
    if (!(await client.reached()))
      return [
        `the file ended before its ${cuts.indexOf(cut) + 1}. statement: ${(await client.ended).stderr}`,
      ];
    const seen = random.fraction() < 0.3 ? await lookWhileOpen(place) : [];
    await blow(place, client, 0);
    client.finish(text.slice(cut));
    await client.ended;
    await afterwards(place, blow);
    return seen;
  };

/** Its transaction may hold locks, which is no concern of those who only read the catalog. */
async function lookWhileOpen(place: Place): Promise<readonly string[]> {
  return (await keysTold(place)).map((one) => `while the file stood still: ${one}`);
}
