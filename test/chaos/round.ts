// One round: the file that leads to the other side is hurt, the promises are looked at, and the work is finished in one of the ways people have.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { kyselyRunner } from '../support/cli.ts';
import type { Fault } from './fault.ts';
import { expectSuccess, kyselyDown, otherSide, type Place, type Side } from './place.ts';
import { judge, judgeFinished } from './invariants.ts';
import { waitUntilAlone } from './sessions.ts';
import { type Random, randomOf } from './random.ts';

export type Finish = 'the same file again' | 'generate' | 'the way back';

export interface Round {
  readonly place: string;
  readonly fault: string;
  readonly seed: number;
  /** Seen from the file that was hurt, which may be an up or a down file. */
  readonly ending: 'old' | 'part way' | 'half done' | 'new';
  readonly finish: Finish;
  readonly violations: readonly string[];
  /** Where the next round begins. */
  readonly side: Side;
}

/** @param stands the side on which the database is */
export async function playRound(place: Place, fault: Fault, stands: Side, seed: number): Promise<Round> {
  const random = randomOf(seed);
  // Kysely's files have been applied nowhere, so they begin at the beginning.
  const from = fault.kysely === true ? 'old' : stands;
  if (from !== stands) await expectSuccess('the way back', place.database.client(place.file.old.text));
  const to = otherSide(from);
  const meanwhile = await fault.run(place, to, random);
  const stuck = await waitUntilAlone(place);
  const { ending, violations } = await judge(place);
  const finish =
    fault.kysely === true
      ? 'the same file again'
      : random.pick<Finish>(['the same file again', 'generate', 'the way back']);
  const side = finish === 'the way back' ? from : to;
  const finished = await (fault.kysely === true ? finishKysely(place) : finishBy(place, finish, to, random))
    .then(() => judgeFinished(place, side))
    .catch((error: unknown) => [`finishing by ${finish}: ${messageOf(error)}`]);
  const undone = fault.kysely === true && finished.length === 0 ? await backByKysely(place) : [];
  return {
    place: place.id,
    fault: fault.name,
    seed,
    ending: ending === from ? 'old' : ending === to ? 'new' : ending === 'half done' ? ending : 'part way',
    finish,
    violations: [...meanwhile, ...stuck, ...violations, ...finished, ...undone],
    side: fault.kysely === true ? 'old' : side,
  };
}

async function finishBy(place: Place, finish: Finish, to: Side, random: Random): Promise<void> {
  if (finish === 'generate') return finishByGenerate(place, to);
  // A policy that wants it back as it was may be refused by name, and else has to lead back as well.
  if (finish === 'the way back' && random.fraction() < 0.5) {
    const refused = await finishByGenerate(place, otherSide(to)).catch((error: unknown) => messageOf(error));
    if (refused === undefined) return;
    if (!refused.includes('HALF_DONE_OTHER_WAY')) throw new Error(refused);
  }
  const side = finish === 'the way back' ? otherSide(to) : to;
  await expectSuccess('the file', place.database.client(place.file[side].text));
}

/** The folder holds files that lead to that side: a name that was too long to be kept is in them. */
async function finishByGenerate(place: Place, to: Side): Promise<void> {
  const out = mkdtempSync(join(place.folder, 'finish-'));
  try {
    cpSync(join(place.folder, to === 'new' ? 'migrations' : 'migrations-old'), out, { recursive: true });
    const before = new Set(readdirSync(out));
    await expectSuccess('generate', place.ask('generate', to, { out, again: true, name: 'finish' }));
    const files = readdirSync(out).filter((file) => !before.has(file) && file.endsWith('.up.sql'));
    for (const file of files)
      await expectSuccess(
        'what generate wrote',
        place.database.client(readFileSync(join(out, file), 'utf8')),
      );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function backByKysely(place: Place): Promise<readonly string[]> {
  return kyselyDown(place)
    .then(() => judgeFinished(place, 'old'))
    .catch((error: unknown) => [`back by Kysely: ${messageOf(error)}`]);
}

async function finishKysely(place: Place): Promise<void> {
  const { folder = '', options = [] } = place.kysely ?? {};
  await expectSuccess(
    'Kysely again',
    kyselyRunner(['kysely', place.database.url, folder, ...options], { cwd: place.folder }),
  );
}
