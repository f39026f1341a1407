// Rounds in a row on one place, and what they come to as a table.
import type { TestServer } from '../servers/index.ts';
import type { Fault } from './fault.ts';
import { faults } from './faults.ts';
import { openPlace, type Place, type Side } from './place.ts';
import { playRound, type Round } from './round.ts';

export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The seed that a round printed: every round is drawn as that one was. */
  readonly replay?: number;
  /** False for a server that others use meanwhile, or that nobody here may kill. */
  readonly mayKillServer: boolean;
  /** Only faults whose names hold this. */
  readonly only?: string;
  /** Called after each round, to show it. */
  readonly onRound?: (round: Round, milliseconds: number) => void;
}

/** SQLite with either journal, or one server. */
export type Target =
  | { readonly kind: 'server'; readonly server: TestServer }
  | { readonly kind: 'sqlite'; readonly journal: 'delete' | 'wal' };

/** Which faults can be done to a target. */
export function faultsFor(
  target: Target,
  options: Pick<ChaosOptions, 'mayKillServer' | 'only'>,
): readonly Fault[] {
  const engine = target.kind === 'sqlite' ? 'sqlite' : target.server.dialect;
  return faults.filter(
    ({ engines, killsServer = false, name }) =>
      engines.includes(engine) &&
      (options.mayKillServer || !killsServer) &&
      name.includes(options.only ?? ''),
  );
}

/** Plays rounds, every fault in its turn. After a violation the place is made anew, so that each stands for itself. */
export async function playChaos(target: Target, options: ChaosOptions): Promise<readonly Round[]> {
  const possible = faultsFor(target, options);
  const kysely = possible.some((fault) => fault.kysely);
  const open = (): Promise<Place> =>
    openPlace(
      target.kind === 'sqlite'
        ? { server: null, journal: target.journal, kysely }
        : { server: target.server, kysely },
    );
  const rounds: Round[] = [];
  let place = await open();
  let side: Side = 'old';
  try {
    for (let number = 0; number < options.rounds; number += 1) {
      const fault = possible[number % possible.length];
      if (fault === undefined) break;
      const begin = performance.now();
      const round = await playRound(place, fault, side, options.replay ?? options.seed * 100_003 + number);
      rounds.push(round);
      options.onRound?.(round, performance.now() - begin);
      side = round.side;
      if (round.violations.length > 0) {
        await place.close();
        place = await open();
        side = 'old';
      }
    }
  } finally {
    await place.close();
  }
  return rounds;
}

const heads = [
  'server',
  'fault',
  'rounds',
  'old',
  'part way',
  'half done',
  'new',
  'by rerun',
  'by generate',
  'by way back',
  'violations',
];

/** One line per server and fault, and one for all. */
export function tableOf(rounds: readonly Round[]): string {
  const groups = [...new Set(rounds.map(({ place, fault }) => JSON.stringify([place, fault])))];
  const line = (place: string, fault: string, some: readonly Round[]): readonly string[] => {
    const ended = (ending: Round['ending']): string =>
      String(some.filter((round) => round.ending === ending).length);
    const by = (finish: Round['finish']): string =>
      String(some.filter((round) => round.finish === finish).length);
    return [
      place,
      fault,
      String(some.length),
      ended('old'),
      ended('part way'),
      ended('half done'),
      ended('new'),
      by('the same file again'),
      by('generate'),
      by('the way back'),
      String(some.filter(({ violations }) => violations.length > 0).length),
    ];
  };
  const lines = groups.map((group) => {
    const [place, fault] = JSON.parse(group) as [string, string];
    return line(
      place,
      fault,
      rounds.filter((round) => round.place === place && round.fault === fault),
    );
  });
  const all = [heads, ...lines, line('all', '', rounds)];
  const widths = heads.map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? '').length)));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
