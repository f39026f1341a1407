// What a fault is.
import type { CliResult } from '../support/cli.ts';
import type { Engine } from '../support/database.ts';
import type { Place, Side } from './place.ts';
import type { Random } from './random.ts';

export interface Fault {
  readonly name: string;
  readonly engines: readonly Engine[];
  /** It kills the server, so nobody else may be using it. */
  readonly killsServer?: true;
  /** It runs Kysely's files, and is finished by them. */
  readonly kysely?: true;
  /** @returns what was not as promised already while it went on */
  run(place: Place, side: Side, random: Random): Promise<readonly string[]>;
}

/** Success, or a message that says what was in the way. */
export function unclear({ code, stderr, stdout }: CliResult): readonly string[] {
  if (code === 0) return [];
  const known =
    /ondelete|lock|disk|full|deadlock|concurrently|1826|1091|1205|1213|Duplicate foreign key|check that it exists|Unknown prepared|changed/i;
  return known.test(stderr)
    ? []
    : [`ended with ${code} and without clear words: ${(stderr || stdout).trim().slice(0, 300)}`];
}
