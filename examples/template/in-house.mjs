// A template for a runner of your own: `ondelete generate --template in-house.mjs`.
// The runner keeps its files as `0001_name.sql`, with the way back below a line `-- down`, and sends one statement at a time.

/** @type {import('ondelete').Template} */
export default {
  name: 'in-house',
  title: 'The runner of our team',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  description: {
    files: '`0001_name.sql`, up and down in one file',
    order: 'By number.',
    applied: 'The table `our_migrations`.',
    transactions: 'None: each statement is sent by itself.',
    down: '`our-runner back`',
    failure: 'What was done stays done; the file does not count as applied.',
    notes: [],
  },
  history: {
    query: () => 'SELECT name FROM our_migrations',
    names: (rows) => rows.map((row) => String(row.name)),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: () => ({ up: 'our-runner up', down: 'our-runner back' }),
  migrationName: (path) => /^(\d{4}_[^/]+)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names({ slug, parts, existing }) {
    const last = Math.max(0, ...existing.map((name) => Number(name.slice(0, 4))));
    return parts.map((part, at) => {
      const number = String(last + at + 1).padStart(4, '0');
      return part === '' ? `${number}_${slug}` : `${number}_${slug}_${part}`;
    });
  },
  render: (migrations) =>
    migrations.map((migration) => ({
      path: `${migration.name}.sql`,
      content: [
        ...migration.head.map(comment),
        ...statements(migration.steps, 'up'),
        '-- down',
        ...statements([...migration.steps].reverse(), 'down'),
        comment(migration.record),
        '',
      ].join('\n'),
    })),
  // `ondelete verify` rehearses the statements as plain SQL files.
  replay: null,
};

/** @param {readonly import('ondelete').Step[]} steps @param {'up' | 'down'} direction */
function statements(steps, direction) {
  return steps.flatMap((step) => {
    const side = step[direction];
    if (side.kind === 'nothing') return [];
    const before = step.transaction === null ? [] : [step.transaction.begin];
    const after = step.transaction === null ? [] : [step.transaction.commit];
    const all = [...before, ...side.statements.map(({ sql }) => sql), ...after, ...side.always.map(({ sql }) => sql)];
    return all.map((sql) => `${sql};`);
  });
}

/** @param {string} line */
function comment(line) {
  return `-- ${line}`;
}
