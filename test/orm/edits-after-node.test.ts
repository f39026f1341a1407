// The last mile, with the real ORMs of JavaScript: after the migration and the patch their own diff has nothing to take back.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { type DatabaseUnderTest, openSqlite } from '../support/database.ts';
import { compiled, liveKeys, modelFindings, nodeProject, type Project } from './node-project.ts';
import { applications, postgres, schema } from './edits-after-applications.ts';

const runner = join(import.meta.dirname, 'edits-after-runner.mjs');
const patience = 240_000;

/** Applied with the engine's own client. */
async function migrated(project: Project, database: DatabaseUnderTest): Promise<void> {
  for (const name of readdirSync(join(project.folder, 'out')).filter((each) => each.endsWith('.up.sql'))) {
    const { code, stderr } = await database.client(project.read(join('out', name)));
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('ERROR')]);
  }
  expect(await liveKeys(database)).toEqual([
    'items(gift_id) -> orders SET NULL',
    'items(order_id) -> orders CASCADE',
  ]);
}

const policy = `policy:
  rules:
    - match: 'items(order_id) -> *'
      onDelete: cascade
    - match: 'items(gift_id) -> *'
      onDelete: set null
`;

const changed = (patch: string): readonly string[] =>
  patch.split('\n').filter((line) => /^[-+](?![-+])/.test(line));

describe.each(applications.map((one) => ({ title: '', ...one })))(
  '$orm$title on $place.id',
  (application) => {
    test(
      'its own diff takes the migration back before the patch, and nothing after it',
      async () => {
        const database = await application.place.open();
        const project = await nodeProject(application.orm, null, application.renamed);
        try {
          for (const [name, text] of Object.entries(application.files(database.url)))
            project.write(name, text);
          project.write(
            'ondelete.config.yaml',
            `database: '${database.url}'\nout: out\norm: { name: ${application.orm}, ${application.models} }\n${policy}`,
          );
          const build = (): void => {
            if (application.isBuilt === true) compiled(project);
          };
          const diff = async (): Promise<string> =>
            (await project.node([runner, ...application.diff(database.url)])).trim();
          build();
          if (application.make === null) await database.client(schema);
          else expect((await project.node([runner, ...application.make])).trim()).toBe('');
          expect(await diff()).toBe('');
          const made = await project.run(['generate', '--patch', 'models.patch']);
          expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
          expect(changed(project.read('models.patch'))).toEqual(application.patch);
          await migrated(project, database);
          expect(await diff()).not.toBe('');
          const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
          expect([applied.code, applied.stderr]).toEqual([0, '']);
          build();
          expect(await diff()).toBe('');
          const lint = await project.run(['lint', '--format', 'json']);
          expect(modelFindings(lint)).toEqual([]);
        } finally {
          project.remove();
          await database.drop();
        }
      },
      patience,
    );
  },
);

test(
  'Drizzle: drizzle-kit has nothing to generate',
  async () => {
    const database = await openSqlite();
    const project = await nodeProject('drizzle', null);
    try {
      project.write(
        'schema.ts',
        `import { foreignKey, integer, sqliteTable } from 'drizzle-orm/sqlite-core';
export const orders = sqliteTable('orders', { id: integer().primaryKey() });
export const items = sqliteTable(
  'items',
  {
    id: integer().primaryKey(),
    orderId: integer('order_id').references(() => orders.id),
    giftId: integer('gift_id'),
  },
  (t) => [
    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('restrict'),
  ],
);
`,
      );
      project.write(
        'drizzle.config.json',
        JSON.stringify({ dialect: 'sqlite', schema: './schema.ts', out: './drizzle' }),
      );
      project.write(
        'ondelete.config.yaml',
        `database: '${database.url}'\ntool: drizzle\nout: drizzle\norm: { name: drizzle }\n${policy}`,
      );
      const kit = (): Promise<string> => project.node(['node_modules/drizzle-kit/bin.cjs', 'generate']);
      const sqlOf = (): readonly string[] =>
        readdirSync(join(project.folder, 'drizzle'))
          .filter((name) => name.endsWith('.sql'))
          .sort();
      await kit();
      const [first = ''] = sqlOf();
      await database.client(project.read(join('drizzle', first)).replaceAll('--> statement-breakpoint', ''));
      const made = await project.run(['generate', '--patch', 'models.patch']);
      expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
      expect(changed(project.read('models.patch'))).toEqual([
        "-    orderId: integer('order_id').references(() => orders.id),",
        "+    orderId: integer('order_id').references(() => orders.id, { onDelete: 'cascade' }),",
        "-    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('restrict'),",
        "+    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('set null'),",
      ]);
      const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      expect([await kit(), sqlOf().length]).toEqual([expect.stringContaining('No schema changes'), 2]);
    } finally {
      project.remove();
      await database.drop();
    }
  },
  patience,
);

if (postgres.length > 0)
  test.each(postgres)(
    'Sequelize on $id: sync({ alter: true }) changes no action back',
    async (place) => {
      const database = await place.open();
      const project = await nodeProject('sequelize', null);
      try {
        project.write(
          'db.js',
          `const { Sequelize } = require('sequelize');
const sequelize = new Sequelize('${database.url}', { logging: false });
const options = { timestamps: false };
const Order = sequelize.define('Order', {}, { ...options, tableName: 'orders' });
const Item = sequelize.define('Item', {}, { ...options, tableName: 'items' });
Order.hasMany(Item, { foreignKey: { name: 'order_id', allowNull: false }, as: 'items', onDelete: 'RESTRICT' });
Item.belongsTo(Order, { foreignKey: { name: 'order_id', allowNull: false } });
Item.belongsTo(Order, { foreignKey: 'gift_id', as: 'gift', onDelete: 'RESTRICT' });
module.exports = { sequelize };
`,
        );
        project.write(
          'ondelete.config.yaml',
          `database: '${database.url}'\nout: out\norm: { name: sequelize, models: [db.js] }\n${policy}`,
        );
        await project.node([runner, 'sequelize', 'db.js', 'make']);
        const made = await project.run(['generate', '--patch', 'models.patch']);
        expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
        await migrated(project, database);
        const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
        expect([applied.code, applied.stderr]).toEqual([0, '']);
        expect(project.read('db.js').match(/onDelete: '[A-Z ]+'/g)).toEqual([
          "onDelete: 'CASCADE'",
          "onDelete: 'CASCADE'",
          "onDelete: 'SET NULL'",
        ]);
        await project.node([runner, 'sequelize', 'db.js']);
        expect(await liveKeys(database)).toEqual([
          'items(gift_id) -> orders SET NULL',
          'items(order_id) -> orders CASCADE',
        ]);
        const lint = await project.run(['lint', '--format', 'json']);
        expect(modelFindings(lint)).toEqual([]);
      } finally {
        project.remove();
        await database.drop();
      }
    },
    patience,
  );
