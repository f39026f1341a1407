// Who may import whom. A new file in src/ gets its place in LAYERS; everything else follows from where it stands.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The folders and files of src/: each imports itself, those of its line, and those above it. */
const LAYERS: readonly (readonly string[])[] = [
  ['core/'],
  ['config/', 'policy/'],
  ['diff/', 'reach/'],
  ['plan/', 'init/'],
  ['orm/', 'rehearsal/'],
  ['report/'],
  ['registry.ts'],
  ['schema-source.ts'],
  ['commands/'],
  ['library/', 'cli.ts'],
  ['index.ts', 'main.ts'],
];

/** What a dialect and a template may take from elsewhere. */
const FOR_DIALECTS = ['src/core/', 'dialects/sql/'];
const FOR_TEMPLATES = ['src/core/'];
const LISTS = ['dialects/index.ts', 'migrations-templates/index.ts'];
/** Inside an engine these are pure: they work on a saved snapshot, so they see nothing of an opened database. */
const PURE = /^dialects\/\w+\/(emitter|checks)\//;
const OPENED = /^dialects\/\w+\/(connection|introspector|probe|scratch)\b/;
const EMITTER = /^dialects\/\w+\/emitter\//;
const LOADS_EMITTERS = /^dialects\/(index|\w+\/load-emitter)\.ts$/;
/** What of Node.js nothing pure may use; a hash is no reading. */
const READS = /^node:(?!crypto$)/;
/** The places that load something on demand: the lists, the registries, drivers and what a connection may be asked, and heavy libraries. */
const LOADS_ON_DEMAND = [
  /^(dialects|migrations-templates|src\/orm)\/index\.ts$/,
  /^src\/(registry|schema-source|main|commands\/index)\.ts$/,
  /^dialects\/\w+\/connection(\/\w+)?\.ts$/,
  /^dialects\/postgres\/scratch\/pglite\.ts$/,
  /^src\/config\/read\.ts$/,
  // a rehearsal alone runs Kysely's Migrator
  /^migrations-templates\/kysely\/index\.ts$/,
];
const DRIVERS = new Set(['pg', 'mysql2', 'better-sqlite3']);

interface Import {
  readonly target: string;
  readonly how: 'static' | 'dynamic' | 'type';
}

type Imports = ReadonlyMap<string, readonly Import[]>;

function importsIn(file: string, text: string): readonly Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, how: Import['how']): void => {
    if (!node || !ts.isStringLiteralLike(node)) return;
    const target = node.text.startsWith('.') ? posix.join(posix.dirname(file), node.text) : node.text;
    found.push({ target, how });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const erased = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node.moduleSpecifier, erased ? 'type' : 'static');
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'static');
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, 'type');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022));
  return found;
}

function readImports(): Imports {
  const files = ['src', 'dialects', 'migrations-templates'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      posix.join(folder, name),
    ),
  );
  // A *.runtime.ts is text that ends up in a user's migration, not a part of the program.
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.runtime.ts'));
  return new Map(sources.map((file) => [file, importsIn(file, readFileSync(join(ROOT, file), 'utf8'))]));
}

function layerOf(file: string): number {
  const name = file.replace(/^src\//, '');
  return LAYERS.findIndex((layer) =>
    layer.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry)),
  );
}

function checkLayers(file: string, imports: readonly Import[]): readonly string[] {
  const own = layerOf(file);
  if (own === -1) return [`${file} has no layer: give it a place in LAYERS of test/architecture.test.ts`];
  return imports
    .filter(({ target }) => target.startsWith('src/') && layerOf(target) > own)
    .map(({ target }) => `${file} imports ${target}, which is to its right`);
}

function mayImport(file: string, target: string): boolean {
  const startsWithOneOf = (prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => target.startsWith(prefix));
  if (file === 'dialects/index.ts')
    return (
      startsWithOneOf(FOR_DIALECTS) ||
      /^dialects\/\w+\/(((emitter|scratch|schema-file)\/)?index|load-emitter)\.ts$/.test(target)
    );
  if (file.startsWith('dialects/')) {
    const [, engine = ''] = file.split('/');
    const folders = engine === 'mariadb' ? ['dialects/mariadb/', 'dialects/mysql/'] : [`dialects/${engine}/`];
    return startsWithOneOf([...FOR_DIALECTS, ...folders]);
  }
  if (file === 'migrations-templates/index.ts')
    return startsWithOneOf(FOR_TEMPLATES) || target.startsWith('migrations-templates/');
  if (file.startsWith('migrations-templates/')) {
    const sibling = target.startsWith('migrations-templates/') && !LISTS.includes(target);
    return startsWithOneOf(FOR_TEMPLATES) || sibling;
  }
  return target.startsWith('src/') || (file === 'src/registry.ts' && LISTS.includes(target));
}

/** Inside an engine, and where `import()` stands. */
function checkPlaces(file: string, { target, how }: Import): readonly string[] {
  return [
    ...(PURE.test(file) && (OPENED.test(target) || READS.test(target))
      ? [`${file} is pure and must not import ${target}`]
      : []),
    ...(EMITTER.test(target) && !EMITTER.test(file) && !LOADS_EMITTERS.test(file)
      ? [`${file} imports ${target}, which is for emitters alone`]
      : []),
    ...(how === 'dynamic' && !LOADS_ON_DEMAND.some((place) => place.test(file))
      ? [`${file} loads ${target} on demand: import it statically`]
      : []),
  ];
}

function checkPackages(file: string, { target, how }: Import): readonly string[] {
  const name = target.split('/')[0] ?? '';
  const connects = /^dialects\/\w+\/(connection\/\w+|scratch\/pglite)\.ts$/.test(file);
  if (DRIVERS.has(target.startsWith('better-sqlite3') ? 'better-sqlite3' : name)) {
    const ofDialect = file.startsWith('dialects/');
    if (how === 'type' && ofDialect) return [];
    if (!connects)
      return [`${file} imports the driver ${target}: only a dialect's connect.ts or index.ts may`];
    if (how === 'static') return [`${file} imports the driver ${target} statically: use await import()`];
  }
  // A rehearsal runs Kysely's files with Kysely's own Migrator.
  const replays = file === 'migrations-templates/kysely/replay.ts';
  if (name === 'kysely' && !connects && !replays && file !== 'dialects/sql/ddl.ts')
    return [`${file} imports ${target}: only connect and ddl may`];
  return [];
}

/** A cycle among the files, types included, as its path. */
function findCycle(imports: Imports): readonly string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { target } of imports.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  return [...imports.keys()].map((file) => walk(file, [])).find((cycle) => cycle.length > 0) ?? [];
}

const isOwn = (target: string): boolean => /^(src|dialects|migrations-templates)\//.test(target);

/** Everything that is wrong with these imports, one line each. */
function violations(imports: Imports): readonly string[] {
  const cycle = findCycle(imports);
  return [
    ...[...imports].flatMap(([file, list]) => [
      ...(file.startsWith('src/') ? checkLayers(file, list) : []),
      ...list
        .filter(({ target }) => isOwn(target) && !mayImport(file, target))
        .map(({ target }) => `${file} must not import ${target}`),
      ...list.flatMap((one) => [...checkPlaces(file, one), ...checkPackages(file, one)]),
    ]),
    ...(cycle.length > 0 ? [`a cycle: ${cycle.join(' → ')}`] : []),
  ];
}

test('every path that CONTRIBUTING names is there', () => {
  const named = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(
    /`((?:src|dialects|migrations-templates|test|bench|docs)\/[^`\s]*)`/g,
  );
  const paths = [...named].map(([, path = '']) => path).filter((path) => !/[A-Z*]{2}|\*/.test(path));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('a command exports its flags, what it makes of them, and its run', () => {
  const folder = join(ROOT, 'src/commands');
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'index.ts');
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const exported = [...text.matchAll(/^export (?:async )?\w+ (\w+)/gm)].map(([, name]) => name);
  expect(new Set(exported)).toEqual(new Set(['flags', 'parseOptions', 'run']));
});

test('every file imports only what stands to its left', () => {
  expect(violations(readImports())).toEqual([]);
});

describe('the check itself fails on', () => {
  test.each([
    [
      'a layer to the right',
      'src/core/model.ts',
      "import type { Plan } from '../plan/plan.ts';",
      'which is to its right',
    ],
    ['a file without a layer', 'src/utils.ts', '', 'has no layer'],
    [
      'a second place that knows the engines',
      'src/plan/plan.ts',
      "import '../../dialects/index.ts';",
      'must not import',
    ],
    [
      'a dialect that reads the policy',
      'dialects/sqlite/emitter/index.ts',
      "import '../../../src/policy/decide.ts';",
      'must not import',
    ],
    [
      'a dialect that uses another',
      'dialects/mysql/emitter/index.ts',
      "export * from '../../mariadb/emitter/index.ts';",
      'must not import',
    ],
    [
      'a template that reads a plan',
      'migrations-templates/sql/index.ts',
      "import type { Plan } from '../../src/plan/plan.ts';",
      'must not import',
    ],
    ['a driver outside a dialect', 'src/cli.ts', "const pg = await import('pg');", 'imports the driver pg'],
    ['a driver at start-up', 'dialects/postgres/connection/connect.ts', "import pg from 'pg';", 'statically'],
    [
      'an emitter that asks the server',
      'dialects/mysql/emitter/index.ts',
      "import { probeOf } from '../probe/index.ts';",
      'is pure and must not import',
    ],
    [
      'an emitter that reads a file',
      'dialects/sqlite/emitter/index.ts',
      "import { readFileSync } from 'node:fs';",
      'is pure and must not import',
    ],
    [
      'a probe that uses the emitter',
      'dialects/mysql/probe/index.ts',
      "import { alterSql } from '../emitter/sql.ts';",
      'for emitters alone',
    ],
    [
      'a module that is loaded on demand',
      'src/commands/diff.ts',
      "await import('../diff/diff.ts');",
      'loads src/diff/diff.ts on demand',
    ],
    ['kysely in the core', 'src/plan/plan.ts', "import { sql } from 'kysely';", 'only connect and ddl'],
  ])('%s', (_, file, text, expected) => {
    expect(violations(new Map([[file, importsIn(file, text)]])).join('\n')).toContain(expected);
  });

  test('a cycle', () => {
    const files = {
      'src/core/model.ts': "import './errors.ts';",
      'src/core/errors.ts': "import './model.ts';",
    };
    const imports = new Map(Object.entries(files).map(([file, text]) => [file, importsIn(file, text)]));
    expect(violations(imports)).toEqual([
      'a cycle: src/core/model.ts → src/core/errors.ts → src/core/model.ts',
    ]);
  });

  test('nothing that is allowed', () => {
    const files = {
      'dialects/mariadb/emitter/index.ts':
        "import { emit } from '../../mysql/emitter/index.ts'; import { ddl } from '../../sql/ddl.ts';",
      'dialects/mysql/connection/connect.ts':
        "import type mysql from 'mysql2'; await import('mysql2/promise');",
      'src/registry.ts': "import { dialects } from '../../dialects/index.ts';",
    };
    expect(
      violations(new Map(Object.entries(files).map(([file, text]) => [file, importsIn(file, text)]))),
    ).toEqual([]);
  });
});
