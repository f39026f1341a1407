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

/**
 * The statements that make the schema, in batches of one string each; each batch can be one transaction.
 * @param {Flavor} flavor @param {number} tables @returns {Generator<string>}
 */
export function* schemaSql(flavor, tables) {
  const pick = numbers(20260731);
  const name = (/** @type {number} */ at) => `business_table_${at}`;
  // A PostgreSQL transaction holds a lock for each table and index it makes, and their number is bounded.
  const batch = 100;
  for (let from = 0; from < tables; from += batch) {
    const statements = [];
    for (let at = from; at < Math.min(from + batch, tables); at++) {
      statements.push(create[flavor](name(at), name(pick(at + 1)), name(pick(at + 1))));
    }
    yield `${statements.join(';\n')};\n`;
  }
}
