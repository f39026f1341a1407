/** Statements whose text is long: it is written when it is read, so that a plan of thousands of keys is made and judged without it. */
import type { Side, Statement } from '../../src/core/model.ts';

/** What gives the texts of a statement; the same ones every time. */
interface Texts {
  readonly sql: () => string;
  readonly heart?: () => string;
}

/**
 * A statement like any other, plain data to whoever reads, copies or serialises it: `sql` and `heart` are enumerable properties of its
 * own that read as text. They are written anew at each reading and not kept, because most are read once, and those of 20,000 keys
 * are 650 MB.
 */
export function writtenWhenRead(
  statement: Pick<Statement, 'comment' | 'locks' | 'scans'>,
  texts: Texts,
): Statement {
  return new Written(statement, texts);
}

/** A class, because an object literal with a getter takes the engine ten times as long and three times the memory (measured). */
class Written implements Statement {
  declare readonly sql: string;
  declare readonly comment: string;
  declare readonly preview?: string;
  declare readonly locks: Statement['locks'];
  declare readonly scans: Statement['scans'];
  readonly #texts: Texts;

  constructor({ comment, locks, scans }: Pick<Statement, 'comment' | 'locks' | 'scans'>, texts: Texts) {
    this.#texts = texts;
    Object.defineProperty(this, 'sql', Written.#sql);
    this.comment = comment;
    if (texts.heart !== undefined) Object.defineProperty(this, 'preview', Written.#heart);
    this.locks = locks;
    this.scans = scans;
  }

  static readonly #sql: PropertyDescriptor & ThisType<Written> = {
    enumerable: true,
    configurable: true,
    get() {
      return this.#texts.sql();
    },
  };

  static readonly #heart: PropertyDescriptor & ThisType<Written> = {
    enumerable: true,
    configurable: true,
    get() {
      return this.#texts.heart?.();
    },
  };
}

type Run = Extract<Side, { readonly kind: 'run' }>;

/**
 * A side like any other, whose statements are made when they are first read, and then kept: a step over thousands of keys is planned and
 * judged without them. `statements` is an enumerable property of its own, as above.
 */
export function madeWhenRead(side: Omit<Run, 'kind' | 'statements'>, make: () => Run['statements']): Run {
  return new Made(side, make);
}

/** A class for the same reason: on MySQL and MariaDB there are two for each key. */
class Made implements Run {
  readonly kind = 'run';
  declare readonly statements: Run['statements'];
  readonly always: Run['always'];
  readonly retry: Run['retry'];
  readonly fallback: Run['fallback'];
  readonly #make: () => Run['statements'];
  #made: Run['statements'] | null = null;

  constructor({ always, retry, fallback }: Omit<Run, 'kind' | 'statements'>, make: () => Run['statements']) {
    this.#make = make;
    Object.defineProperty(this, 'statements', Made.#statements);
    this.always = always;
    this.retry = retry;
    this.fallback = fallback;
  }

  static readonly #statements: PropertyDescriptor & ThisType<Made> = {
    enumerable: true,
    configurable: true,
    get() {
      return (this.#made ??= this.#make());
    },
  };
}
