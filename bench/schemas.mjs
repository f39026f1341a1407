// Big schemas of our own making: every table has a primary key, a text, a date and two keys to tables made before it.

/** Keys of each table; sizes are told in tables. */
export const keysPerTable = 2;

/** The same numbers on every run (https://en.wikipedia.org/wiki/Linear_congruential_generator, Numerical Recipes' constants). @param {number} seed */
function numbers(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @typedef {'postgres' | 'mysql' | 'mariadb' | 'sqlite'} Flavor */

/** @type {Record<Flavor, (name: string, first: string, second: string) => string>} */
const create = {
  postgres: (name, first, second) =>
    `CREATE TABLE ${name} (id bigint PRIMARY KEY, title text NOT NULL, first_id bigint NOT NULL REFERENCES ${first} (id), second_id bigint REFERENCES ${second} (id) ON DELETE SET NULL, made_at timestamptz NOT NULL DEFAULT now()); CREATE INDEX ON ${name} (first_id); CREATE INDEX ON ${name} (second_id)`,
  mysql: (name, first, second) =>
    `CREATE TABLE ${name} (id bigint PRIMARY KEY, title varchar(200) NOT NULL, first_id bigint NOT NULL, second_id bigint, made_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT ${name}_first FOREIGN KEY (first_id) REFERENCES ${first} (id), CONSTRAINT ${name}_second FOREIGN KEY (second_id) REFERENCES ${second} (id) ON DELETE SET NULL)`,
  mariadb: (name, first, second) => create.mysql(name, first, second),
  sqlite: (name, first, second) =>
    `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, title TEXT NOT NULL, first_id INTEGER NOT NULL REFERENCES ${first} (id), second_id INTEGER REFERENCES ${second} (id) ON DELETE SET NULL, made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP); CREATE INDEX ${name}_first ON ${name} (first_id); CREATE INDEX ${name}_second ON ${name} (second_id)`,
};

/** As ORMs write it on SQLite: keys with names, after the columns. @param {string} name @param {string} first @param {string} second */
const namedOnSqlite = (name, first, second) =>
  `CREATE TABLE ${name} (id INTEGER NOT NULL PRIMARY KEY, title TEXT NOT NULL, first_id INTEGER NOT NULL, second_id INTEGER, made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "${name}_first_key" FOREIGN KEY ("first_id") REFERENCES "${first}" ("id"), CONSTRAINT "${name}_second_key" FOREIGN KEY ("second_id") REFERENCES "${second}" ("id") ON DELETE SET NULL); CREATE INDEX ${name}_first ON ${name} (first_id); CREATE INDEX ${name}_second ON ${name} (second_id)`;

/**
 * What the schema is made of, for whoever describes it in a language of its own.
 * @typedef {{ name: string, first: string, second: string, keys: readonly [string, string], indexes: readonly [string, string] }} Table
 */

/** @param {Flavor} flavor @param {number} tables @returns {Generator<Table>} */
export function* schemaTables(flavor, tables) {
  const pick = numbers(20260731);
  const nameOf = (/** @type {number} */ at) => `business_table_${at}`;
  for (let at = 0; at < tables; at++) {
    const name = nameOf(at);
    const [first, second] = [nameOf(pick(at + 1)), nameOf(pick(at + 1))];
    const both = /** @type {const} */ ([`${name}_first`, `${name}_second`]);
    const isPostgres = flavor === 'postgres';
    yield {
      name,
      first,
      second,
      keys: isPostgres
        ? [`${name}_first_id_fkey`, `${name}_second_id_fkey`]
        : flavor === 'sqlite'
          ? [`${name}_first_key`, `${name}_second_key`]
          : both,
      indexes: isPostgres ? [`${name}_first_id_idx`, `${name}_second_id_idx`] : both,
    };
  }
}

/**
 * The statements that make the schema, in batches of one string each; each batch can be one transaction.
 * @param {Flavor} flavor @param {number} tables @param {boolean} [isNamed] on SQLite too keys get names @returns {Generator<string>}
 */
export function* schemaSql(flavor, tables, isNamed = false) {
  const table = isNamed && flavor === 'sqlite' ? namedOnSqlite : create[flavor];
  // A PostgreSQL transaction holds a lock for each table and index it makes, and their number is bounded.
  const batch = 100;
  /** @type {string[]} */
  let statements = [];
  for (const { name, first, second } of schemaTables(flavor, tables)) {
    statements.push(table(name, first, second));
    if (statements.length < batch) continue;
    yield `${statements.join(';\n')};\n`;
    statements = [];
  }
  if (statements.length > 0) yield `${statements.join(';\n')};\n`;
}
