/** Which files hold a Prisma schema. They are read as text, prisma.config too: none is run. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { messageOf, OndeleteError } from '../../core/errors.ts';

/** As Prisma looks for it, and the folder that was its default for schemas of several files. */
const usual = ['schema.prisma', 'prisma/schema.prisma', 'prisma/schema'];

const configs = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].flatMap((ending) => [
  `prisma.config.${ending}`,
  `.config/prisma.${ending}`,
]);

const help = 'Name the file, or the folder of *.prisma files: --models prisma/schema.prisma.';

/**
 * The files of the schema, as people call them, sorted.
 * @param models files and folders; empty: what prisma.config or package.json names, else the usual places
 * @throws OndeleteError USAGE where no place is known, MODELS_UNREADABLE where one is not there or holds no schema
 */
export async function schemaFiles(cwd: string, models: readonly string[]): Promise<readonly string[]> {
  const named = models.length > 0 ? models : [await placeIn(cwd)];
  return [...new Set(named.flatMap((path) => filesOf(cwd, path)))].sort();
}

export async function readSchemaFile(cwd: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new OndeleteError('MODELS_UNREADABLE', `${file} cannot be read: ${messageOf(error)}`, help);
  }
}

async function placeIn(cwd: string): Promise<string> {
  const isThere = (path: string): boolean => existsSync(resolve(cwd, path));
  const config = configs.find(isThere);
  const named =
    (config === undefined ? null : await placeInConfig(cwd, config)) ??
    (isThere('package.json') ? await placeInPackage(cwd) : null) ??
    usual.find(isThere);
  if (named !== undefined) return named;
  throw new OndeleteError('USAGE', `no models are named, and there is no ${usual.join(', ')}`, help);
}

/** `schema: 'prisma/schema.prisma'`, or the same with path.join(); counts from the config's folder. */
async function placeInConfig(cwd: string, config: string): Promise<string | null> {
  const source = (await readSchemaFile(cwd, config)).replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*/g, '');
  const value = /\bschema\s*:\s*([^]*)/.exec(source)?.[1];
  if (value === undefined) return null;
  const text = /^(['"`])([^'"`$]+)\1\s*[,}]/.exec(value)?.[2];
  const joined =
    /^(?:path\.)?(?:join|resolve)\(\s*(?:(?:__dirname|import\.meta\.dirname)\s*,)?([^)]*)\)\s*[,}]/.exec(
      value,
    )?.[1];
  const parts = text === undefined ? textsIn(joined) : [text];
  if (parts !== null) return posix.join(posix.dirname(config), ...parts);
  throw new OndeleteError('USAGE', `${config} says in code where the schema is, and no code is run`, help);
}

/** `'prisma', "schema.prisma"`; null where something else stands there. */
function textsIn(list: string | undefined): readonly string[] | null {
  const texts = list?.split(',').map((each) => /^\s*(['"`])([^'"`$]+)\1\s*$/.exec(each)?.[2] ?? null) ?? [];
  const found = texts.filter((each) => each !== null);
  return found.length > 0 && found.length === texts.length ? found : null;
}

/** `"prisma": { "schema": "…" }`, before Prisma 7. */
async function placeInPackage(cwd: string): Promise<string | null> {
  try {
    const data = JSON.parse(await readSchemaFile(cwd, 'package.json')) as {
      readonly prisma?: { readonly schema?: unknown };
    } | null;
    const schema = data?.prisma?.schema;
    return typeof schema === 'string' ? posix.normalize(schema) : null;
  } catch {
    // whoever needs that file will report what is wrong with it
    return null;
  }
}

/** A file, or every *.prisma below a folder. */
function filesOf(cwd: string, path: string): readonly string[] {
  const found = statSync(resolve(cwd, path), { throwIfNoEntry: false });
  if (found === undefined) throw new OndeleteError('MODELS_UNREADABLE', `there is no ${path}`, help);
  if (!found.isDirectory()) return [shown(path)];
  const files = readdirSync(resolve(cwd, path), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.prisma') && !`/${shown(dirname(file))}/`.includes('/node_modules/'),
  );
  if (files.length > 0) return files.map((file) => shown(join(path, file)));
  throw new OndeleteError('MODELS_UNREADABLE', `${path} holds no *.prisma file`, help);
}

const shown = (path: string): string => path.split(sep).join('/');
