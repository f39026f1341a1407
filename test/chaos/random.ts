// Numbers that come out the same for the same seed: a round that failed can be played again.

export interface Random {
  /** At least 0, below 1. */
  fraction(): number;
  /** At least 0, below `end`. */
  below(end: number): number;
  /** Like `below`, but seeds in a row spread evenly: enough of them meet every number. */
  spread(end: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator with a mixing step; quality enough to draw moments. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(fraction() * end);
  const spread = (end: number): number => Math.floor(((seed * 0.618_033_988_749_895) % 1) * end);
  return { fraction, below, spread, pick: (list) => list[below(list.length)] ?? list[0] };
}
