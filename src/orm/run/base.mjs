// @ts-check
// What the probes of Node.js ORMs share. A probe runs in the application's own Node.js, imports the modules that it is told
// to (which runs their code), and prints facts as JSON between two markers. It opens no database and uses the application's
// own copy of the ORM.
// usage: node NAME-probe.mjs '{"marker": "…", "models": ["src/schema.ts:name"], "flavor": null, "stubEngine": false}'
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { decoratedClasses } from './decorators.mjs';

/** @typedef {{ file: string, line: number }} Place */
/** @typedef {{ marker: string, models: readonly string[], flavor: string | null, stubEngine: boolean }} Request */
/** @typedef {{ stage: string, message: string, place?: Place | null }} Problem */
/**
 * @typedef {object} Loaded
 * @property {string} file relative to the working directory
 * @property {Readonly<Record<string, unknown>>} exports
 * @property {string | null} name the export that the model's word names
 */
/**
 * @typedef {object} Tools
 * @property {Request} request
 * @property {Problem[]} errors what goes wrong and leaves the rest standing
 * @property {(spec: string) => Promise<Loaded>} load imports `file` or `file:export`, TypeScript included
 * @property {(name: string) => any} need a package of the application, as its own code requires it
 * @property {(name: string) => any} optional the same, or undefined where the application has none
 * @property {(name: string) => Promise<any>} needModule the same package as `import` finds it, which may be another copy
 * @property {(name: string) => string | null} versionOf of a package of the application
 * @property {(error: unknown) => Place | null} placeOf the line of the application that an error came from
 * @property {() => Promise<void>} idle ends once nothing else goes on, if reading has not ended before
 * @property {(stack: string | undefined) => Place | null} placeIn the first line of the application in a stack
 */

const cwd = process.cwd();
const own = fileURLToPath(new URL('..', import.meta.url));
const appRequire = createRequire(join(cwd, 'package.json'));

/**
 * Runs a probe: takes the request, sends the facts, ends the process whatever the application has left open.
 * @param {string} orm
 * @param {(tools: Tools) => Promise<object>} read the facts beside `version`, `orm`, `source` and `errors`
 */
export async function probe(orm, read) {
  /** @type {Request} */
  const request = JSON.parse(process.argv.at(-1) ?? '');
  // whatever the application prints is talk
  process.stdout.write = /** @type {typeof process.stdout.write} */ (
    process.stderr.write.bind(process.stderr)
  );
  /** @type {Problem[]} */
  const errors = [];
  /** @param {object} facts */
  const send = (facts) => {
    const all = {
      version: 1,
      orm,
      source: request.models.join(', '),
      tables: [],
      foreignKeys: [],
      ...facts,
      errors,
    };
    sendText(`\n${request.marker}\n${JSON.stringify(all)}\n${request.marker}\n`);
  };
  const exit = process.exit.bind(process);
  process.exit = /** @type {typeof process.exit} */ (
    (code) => {
      errors.push({ stage: 'import', message: `the application called process.exit(${code ?? ''})` });
      send({});
      return exit(0);
    }
  );
  /** @param {unknown} error */
  const failed = (error) => {
    errors.push({ stage: stageOf(error), message: firstLine(error), place: placeOf(error) });
    send({});
    exit(0);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  /** @type {(() => void)[]} */
  const waiting = [];
  const idle = () => new Promise((/** @type {(value: void) => void} */ go) => waiting.push(go));
  process.on('beforeExit', () => {
    // an import that waits for something that never comes lets the process run dry
    if (waiting.length === 0) failed(new Error('the import never ended'));
    for (const go of waiting.splice(0)) go();
    setImmediate(() => undefined);
  });
  try {
    const facts = await read({
      request,
      errors,
      load,
      need,
      optional,
      needModule,
      versionOf,
      placeOf,
      placeIn,
      idle,
    });
    send(facts);
    exit(0);
  } catch (error) {
    failed(error);
  }
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

/** @type {import('jiti').Jiti | undefined} */
let jiti;

/** @param {string} spec @returns {Promise<Loaded>} */
async function load(spec) {
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
  jiti ??= transformer();
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

/** @param {string} name */
function need(name) {
  return appRequire(resolved(name));
}

/** @param {string} name */
function optional(name) {
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

/** @param {string} name */
async function needModule(name) {
  resolved(name);
  jiti ??= transformer();
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

/** @param {string} name */
function versionOf(name) {
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

/** @param {unknown} error */
function stageOf(error) {
  return String(/** @type {{ stage?: unknown }} */ (error ?? {}).stage ?? 'import');
}

/** @param {unknown} error */
function firstLine(error) {
  const message = String(/** @type {{ message?: unknown }} */ (error ?? {}).message ?? error);
  return message.trim().split('\n')[0] ?? '';
}

/** @param {unknown} error */
function placeOf(error) {
  const { stack, message } = /** @type {{ stack?: string, message?: string }} */ (error ?? {});
  return placeIn(stack) ?? placeIn(message);
}

/** @param {string | undefined} stack @returns {Place | null} */
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
