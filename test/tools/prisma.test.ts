// Prisma's native schema engine comes from its makers' own host and is not on npm, so its WASM engine runs here, as Prisma 6.19 brings it.
// Its adapter for PostgreSQL cuts a file at semicolons; the one below sends it as one message, as the native engine does.
// On MySQL and MariaDB that engine panics: there the template rests on Prisma's documentation.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '6.19.3';
let packages = '';

const config = `import { PrismaPg } from '@prisma/adapter-pg';

class WholeScripts extends PrismaPg {
  async connect() {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.client.query(script);
    };
    return adapter;
  }
}

export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  adapter: async () => new WholeScripts({ connectionString: process.env.DATABASE_URL }),
};
`;

const schema = `datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
`;

/** What `prisma migrate resolve --rolled-back` does, which wants the native engine. */
const resolve = `const client = new (require('pg').Client)(process.env.DATABASE_URL);
client.connect()
  .then(() => client.query('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL'))
  .then(() => client.end());`;

const variables = ({ folder, url }: Project): Readonly<Record<string, string>> => ({
  DATABASE_URL: url,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  // Any file will do: it is asked for, and not used.
  PRISMA_QUERY_ENGINE_LIBRARY: join(folder, 'package.json'),
});

describeTool({
  tool: 'prisma',
  engines: ['postgres'],
  version: `${version}, WASM engine`,
  async install() {
    packages = await npmTools(`prisma@${version}`, '@prisma/adapter-pg@7.10.1', 'pg@8.16.3');
  },
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    writeFileSync(join(folder, 'prisma.config.ts'), config);
    mkdirSync(join(folder, 'prisma'));
    writeFileSync(join(folder, 'prisma/schema.prisma'), schema);
    return 'prisma/migrations';
  },
  firstMigration({ folder }, statements) {
    const migrations = join(folder, 'prisma/migrations');
    mkdirSync(join(migrations, '20200101000000_base'), { recursive: true });
    writeFileSync(join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n');
    writeFileSync(
      join(migrations, '20200101000000_base/migration.sql'),
      statements.map((sql) => `${sql};\n`).join(''),
    );
  },
  shell: (project) => ({ programs: npx, env: variables(project) }),
  repair: (project) =>
    run(process.execPath, ['-e', resolve], { cwd: project.folder, env: variables(project) }),
});
