// @ts-check
// What the readers of Node.js ORMs share. A reader runs in the application's own Node.js, imports the modules that are
// named (which runs their code), and prints facts as JSON between two markers. It opens no database and uses the application's
// own copy of the ORM.
// usage: node NAME/read-models.mjs '{"marker": "…", "models": ["src/schema.ts:name"], "flavor": null, "stubEngine": false}'
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { decoratedClasses } from './decorators.mjs';

/** @typedef {{ file: string, line: number }} Place */
/**
 * @typedef {object} Loaded
 * @property {string} file relative to the working directory
 * @property {Readonly<Record<string, unknown>>} exports
 * @property {string | null} name the export that `file:export` names
 */

/** @type {{ marker: string, models: readonly string[], flavor: string | null, stubEngine: boolean }} */
export const request = JSON.parse(process.argv.at(-1) ?? '');

/** What goes wrong and leaves the rest standing. @type {{ stage: string, message: string, place?: Place | null }[]} */
export const errors = [];

const cwd = process.cwd();
const own = fileURLToPath(new URL('..', import.meta.url));
const appRequire = createRequire(join(cwd, 'package.json'));
const jiti = transformer();

/** @type {(() => void)[]} */
const waiting = [];

/** Ends once nothing else goes on, if the reader has not ended before. @returns {Promise<void>} */
export const idle = () => new Promise((go) => void waiting.push(go));

/**
 * Runs a reader: sends the facts, and ends the process whatever the application has left open.
 * @param {string} orm
 * @param {() => Promise<object>} read the facts beside `version`, `orm`, `source` and `errors`
 */
export async function readModels(orm, read) {
  // what the application prints must not get into the answer
  process.stdout.write = /** @type {typeof process.stdout.write} */ (
    process.stderr.write.bind(process.stderr)
  );
  const exit = process.exit.bind(process);
  /** @param {object} facts @returns {never} */
  const answer = (facts) => {
    const source = request.models.join(', ');
    const all = { version: 1, orm, source, tables: [], foreignKeys: [], ...facts, errors };
    sendText(`\n${request.marker}\n${JSON.stringify(all)}\n${request.marker}\n`);
    return exit(0);
  };
  process.exit = /** @type {typeof process.exit} */ (
    (code) => {
      errors.push({ stage: 'import', message: `the application called process.exit(${code ?? ''})` });
      return answer({});
    }
  );
  /** @param {unknown} error */
  const failed = (error) => {
    const stage = String(/** @type {{ stage?: unknown }} */ (error ?? {}).stage ?? 'import');
    errors.push({ stage, message: messageOf(error), place: placeOf(error) });
    answer({});
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  process.on('beforeExit', () => {
    // an import that waits for something that never comes lets the process run dry
    if (waiting.length === 0) failed(new Error('the import never ended'));
    for (const go of waiting.splice(0)) go();
    setImmediate(() => undefined);
  });
  try {
    answer(await read());
  } catch (error) {
    failed(error);
  }
}

/**
 * Reads every instance of an ORM that the named modules export, or what they export is a promise of.
 * @param {object} how
 * @param {string} how.title what a module has to export, for people
 * @param {(exported: any) => any[] | Promise<any[]>} how.find the instances that an exported value stands for
 * @param {(instance: any, group: string | null) => any} how.read facts of one; `group` where there are several
 * @param {(spec: string, label: string) => string} [how.groupOf]
 */
export async function readInstances({ title, find, read, groupOf = (spec) => spec }) {
  /** @type {Map<unknown, string>} */
  const instances = new Map();
  for (const spec of request.models) {
    const { file, name, exports } = await load(spec);
    const wanted = name === null ? Object.entries(exports) : [/** @type {const} */ ([name, exports[name]])];
    // the same value may have several names, such as `default`
    const labels = new Map(wanted.map(([label, exported]) => [exported, label]));
    const found = [];
    for (const [exported, label] of labels)
      for (const instance of await find(await exported))
        found.push({ instance, group: groupOf(spec, label) });
    for (const { instance, group } of found) instances.set(instance, group);
    if (found.length === 0)
      throw inStage('discover', `${file} exports no ${title}${name === null ? '' : ` called ${name}`}`);
  }
  const parts = [];
  for (const [instance, group] of instances)
    parts.push(await read(instance, instances.size > 1 ? group : null));
  return {
    tables: parts.flatMap(({ tables }) => tables),
    foreignKeys: parts.flatMap(({ foreignKeys }) => foreignKeys),
    relationships: parts.flatMap(({ relationships }) => relationships),
    notes: parts.flatMap(({ notes = [] }) => notes),
  };
}

/** In place of a database's driver: whatever is asked of it, called or made, is the same again. @returns {unknown} */
export function standIn() {
  return new Proxy(function driver() {}, {
    get: (target, key) => (key === 'then' || typeof key === 'symbol' ? Reflect.get(target, key) : standIn()),
    apply: standIn,
    construct: () => /** @type {object} */ (standIn()),
  });
}

/**
 * A driver that is not installed, or that nobody wants to load (`--stub-engine`), is one that does nothing.
 * @param {any} holder the object of the ORM with the method that loads a driver @param {string} method
 */
export function withoutDrivers(holder, method) {
  const own = holder?.[method];
  if (typeof own !== 'function') return;
  holder[method] = function (/** @type {unknown[]} */ ...given) {
    if (request.stubEngine) return standIn();
    try {
      return own.apply(this, given);
    } catch {
      return standIn();
    }
  };
}

/** Pipes take part of a long text at a time. @param {string} text */
function sendText(text) {
  let data = Buffer.from(text);
  while (data.length > 0) {
    try {
      data = data.subarray(writeSync(1, data));
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== 'EAGAIN') throw error;
    }
  }
}

/** Imports `file` or `file:export`, TypeScript included. @param {string} spec @returns {Promise<Loaded>} */
export async function load(spec) {
  const { path, name } = split(spec);
  const absolute = isAbsolute(path) ? path : join(cwd, path);
  if (!existsSync(absolute)) throw inStage('import', `Cannot find ${path}`);
  const exports = /\.[cm]?js$/.test(absolute) ? await asNodeDoes(absolute) : await transformed(absolute);
  return { file: shown(absolute), name, exports };
}

/** What Node.js has no way to read in a program of JavaScript, and jiti may: TypeScript beside it, or `import` in CommonJS. */
const foreign = new Set(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_MODULE_NOT_FOUND', 'ERR_REQUIRE_ESM']);

/** JavaScript runs as it does in the application. @param {string} file @returns {Promise<Loaded['exports']>} */
async function asNodeDoes(file) {
  try {
    const namespace = await import(pathToFileURL(file).href);
    // of CommonJS, what Node.js has not found by reading the text
    const whole = namespace.default;
    const isPlain =
      typeof whole === 'object' && whole !== null && Object.getPrototypeOf(whole) === Object.prototype;
    return { ...(isPlain ? whole : {}), ...namespace, ...(whole?.__esModule ? whole : {}) };
  } catch (error) {
    const { name, code = '' } = /** @type {{ name?: string, code?: string }} */ (error ?? {});
    if (name !== 'SyntaxError' && !foreign.has(code)) throw error;
    return transformed(file);
  }
}

/** @param {string} file @returns {Promise<Loaded['exports']>} */
async function transformed(file) {
  return /** @type {Loaded['exports']} */ (await jiti.import(file));
}

function transformer() {
  const from = join(cwd, 'ondelete-probe.mjs');
  const options = {
    fsCache: false,
    moduleCache: true,
    sourceMaps: true,
    transformOptions: { babel: { plugins: [decoratedClasses] } },
  };
  try {
    return createJiti(from, { ...options, tsconfigPaths: true });
  } catch {
    // a tsconfig.json that extends what is only there for developers
    return createJiti(from, options);
  }
}

/** `C:\models.ts:db` names an export, `C:\models.ts` does not. @param {string} spec */
function split(spec) {
  const at = spec.lastIndexOf(':');
  const name = spec.slice(at + 1);
  return at > 1 && /^[\w$]+$/.test(name) && !existsSync(spec)
    ? { path: spec.slice(0, at), name }
    : { path: spec, name: null };
}

/** A package of the application, as its own code requires it. @param {string} name */
export function need(name) {
  return appRequire(resolved(name));
}

/** The same, or undefined where the application has none. @param {string} name */
export function optional(name) {
  try {
    return appRequire(name);
  } catch (error) {
    const { code = '' } = /** @type {{ code?: string }} */ (error ?? {});
    if (!missing.has(code)) throw error;
    return undefined;
  }
}

/** A package, or a part of it that its version does not have. */
const missing = new Set(['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);

/** The package as `import` finds it, which may be another copy. @param {string} name */
export async function needModule(name) {
  resolved(name);
  return import(jiti.esmResolve(name, { conditions: ['node', 'import'] }));
}

/** @param {string} name */
function resolved(name) {
  try {
    return appRequire.resolve(name);
  } catch {
    throw inStage('environment', `the package ${name} is not installed here`);
  }
}

/** @param {string} name of a package of the application */
export function versionOf(name) {
  for (const folder of appRequire.resolve.paths(name) ?? []) {
    const file = join(folder, name, 'package.json');
    if (existsSync(file)) return String(JSON.parse(readFileSync(file, 'utf8')).version);
  }
  return null;
}

/** @param {string} stage @param {string} message */
export function inStage(stage, message) {
  return Object.assign(new Error(message), { stage });
}

/** The first line. @param {unknown} error */
export function messageOf(error) {
  const message = String(/** @type {{ message?: unknown }} */ (error ?? {}).message ?? error);
  return message.trim().split('\n')[0] ?? '';
}

/** The line of the application that an error came from. @param {unknown} error */
export function placeOf(error) {
  const { stack, message } = /** @type {{ stack?: string, message?: string }} */ (error ?? {});
  return placeIn(stack) ?? placeIn(message);
}

/** The line of the application that is being run. */
export const here = () => placeIn(new Error().stack);

/** The first line of the application in a stack. @param {string | undefined} stack @returns {Place | null} */
function placeIn(stack) {
  for (const [, file = '', line = ''] of (stack ?? '').matchAll(
    /(?:file:\/\/)?(\/[^\s():]+|[A-Z]:\\[^\s():]+):(\d+)/g,
  )) {
    if (file.startsWith(cwd + sep) && !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(own))
      return { file: shown(file), line: Number(line) };
  }
  return null;
}

/** @param {string} path */
function shown(path) {
  return relative(cwd, path).split(sep).join('/');
}
