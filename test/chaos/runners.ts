// Faults that are not about one client with one file: Kysely's own Migrator, two calls of generate, a disk that is full.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kyselyRunner, ondelete } from '../support/cli.ts';
import { kill, restart } from '../servers/index.ts';
import { startClient } from './client.ts';
import { type Fault, unclear } from './fault.ts';
import { expectSuccess, type Place } from './place.ts';

function kyselyOf(place: Place): NonNullable<Place['kysely']> {
  if (place.kysely === null) throw new Error('this place has no files for Kysely');
  return place.kysely;
}

/** The process that runs the Migrator is killed; its beginning goes by with loading. */
export const kyselyKilled: Fault['run'] = async (place, _side, random) => {
  const { folder, options, milliseconds } = kyselyOf(place);
  const moment = (0.2 + random.fraction() * 0.6) * milliseconds;
  // On SQLite by editing the stored text, or by rebuilding the table.
  const unsafe = place.engine === 'sqlite' && random.fraction() < 0.5 ? ['unsafe'] : [];
  await kyselyRunner(['kysely', place.database.url, folder, ...options, ...unsafe], {
    cwd: place.folder,
    onStart: (child) => void sleep(moment).then(() => child.kill('SIGKILL')),
  });
  return [];
};

/** Some of the files, each in a transaction of its own; then the server goes down and comes back, in good order or as after a crash. */
export const restartBetweenFiles: Fault['run'] = async (place, _side, random) => {
  const { folder, options } = kyselyOf(place);
  const files = readdirSync(folder).sort();
  const first = mkdtempSync(join(place.folder, 'first-'));
  try {
    for (const file of files.slice(0, 1 + random.below(files.length - 1)))
      cpSync(join(folder, file), join(first, file));
    await expectSuccess(
      'the first files',
      kyselyRunner(['kysely', place.database.url, first, ...options], { cwd: place.folder }),
    );
    if (place.server !== null) {
      if (random.fraction() < 0.5) await kill(place.server, 'immediate');
      await restart(place.server);
    }
  } finally {
    rmSync(first, { recursive: true, force: true });
  }
  return [];
};

/** Two calls write into one folder: nothing is overwritten, no file is half written, and each is there with its way back. */
export const generateTwice: Fault['run'] = async (place, side) => {
  const out = mkdtempSync(join(place.folder, 'twice-'));
  const alone = mkdtempSync(join(place.folder, 'alone-'));
  try {
    const words = ['generate', 'twice', '--config', join(place.folder, `${side}.json`), '--out', out];
    const results = await Promise.all([1, 2].map(() => ondelete(words, { cwd: place.folder })));
    await expectSuccess('generate', place.ask('generate', side, { name: 'twice', out: alone }));
    const texts = (folder: string): readonly string[] =>
      readdirSync(folder)
        .sort()
        .map((file) => `${file} ${readFileSync(join(folder, file), 'utf8')}`.replaceAll(/\d{14}/g, 'STAMP'))
        // The head says how to run the file, with its folder.
        .map((text) => text.replaceAll(basename(folder), 'FOLDER'));
    const reference = texts(alone);
    const strange = texts(out).filter((text) => !reference.includes(text));
    const files = readdirSync(out);
    const lonely = files.filter(
      (file) =>
        !files.includes(file.replace('.up.', '.down.')) || !files.includes(file.replace('.down.', '.up.')),
    );
    return [
      ...results.flatMap(({ code, stderr }) =>
        code === 0 || (code === 2 && stderr.includes('is there already'))
          ? []
          : [`generate ended with ${code}: ${stderr}`],
      ),
      ...(results.some(({ code }) => code === 0) ? [] : ['neither call of generate succeeded']),
      ...strange.map((text) => `not what one call writes: ${text.slice(0, 80)}`),
      ...lonely.map((file) => `alone in its folder: ${file}`),
      ...(files.length === 0 ? ['nothing was written'] : []),
    ];
  } finally {
    for (const folder of [out, alone]) rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * A disk that is full: no file may grow beyond a limit, drawn over all that there is to write, from the first page of the journal to the last of
 * the database. Needs no rights; the signal is ignored, so that the client sees an error as it would from the disk.
 */
export const diskFull: Fault['run'] = async (place, side, random) => {
  const blocks = Math.ceil(statSync(place.database.url).size / 512);
  // What is written lies mostly at the beginning: the journal, and the pages of the schema.
  const limit = random.fraction() < 0.8 ? random.below(30) : random.below(blocks + 20);
  const grown = random.fraction() < 0.15;
  const client = await startClient(place, grown ? '' : `trap '' XFSZ; ulimit -f ${limit}`);
  client.finish(`${grown ? 'PRAGMA max_page_count = 1;\n' : ''}${place.file[side].text}`);
  return unclear(await client.ended);
};
