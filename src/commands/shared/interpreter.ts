/** Which program reads the models, and with which variables: what the user names, and of a configuration only plain interpreters. */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Config } from '../../config/read.ts';
import { OndeleteError } from '../../core/errors.ts';
import { commandWords } from '../../orm/run/subprocess.ts';
import type { Context, ModelOptions } from './options.ts';

type Language = 'python' | 'node';

const variables = { python: 'ONDELETE_PYTHON', node: 'ONDELETE_NODE' } as const;

/**
 * The flag, else the variable, else what the configuration says; null: the adapter chooses.
 * @throws OndeleteError USAGE for a program that only a configuration names: it came with the repository
 */
export function interpreterOf(
  language: Language,
  options: ModelOptions,
  { environment }: Context,
  config: Config | null,
): string | null {
  const own = options[language] ?? (environment[variables[language]] || null);
  if (own !== null) return own;
  const configured = config?.orm?.[language] ?? null;
  if (configured === null || config === null) return null;
  if (isPlain(language, configured, dirname(config.file))) return configured;
  throw new OndeleteError(
    'USAGE',
    `${basename(config.file)} names the program ${JSON.stringify(configured)} to read the models; a configuration may name ${language === 'python' ? 'python or python3 on the PATH, or the Python of a virtual environment below its folder' : 'node on the PATH'}`,
    `If you trust it, name it yourself: --${language} ${JSON.stringify(configured)}, or the variable ${variables[language]}.`,
  );
}

const plainNames = { python: /^(python|pypy)[\d.]*(\.exe)?$/i, node: /^node(js)?(\.exe)?$/i } as const;

function isPlain(language: Language, command: string, folder: string): boolean {
  const [program = '', ...others] = commandWords(command);
  if (others.length > 0 || !plainNames[language].test(basename(program))) return false;
  if (!/[\\/]/.test(program)) return true;
  const path = resolve(folder, program);
  const inside = relative(folder, path);
  const isBelow = !isAbsolute(inside) && inside.split(sep)[0] !== '..';
  return language === 'python' && isBelow && existsSync(join(dirname(dirname(path)), 'pyvenv.cfg'));
}

/** What an interpreter needs to start. */
const always =
  /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|VIRTUAL_ENV|SYSTEMROOT|WINDIR|PATHEXT|COMSPEC|USERPROFILE|APPDATA|LOCALAPPDATA)$/i;

/** The variables that the application gets: all of them, or those that `--pass-env` or `passEnv:` names, `SHOP_*` included. */
export function passedEnvironment(
  { passEnv }: ModelOptions,
  { environment }: Context,
  config: Config | null,
): Readonly<Record<string, string | undefined>> {
  const names = passEnv.length > 0 ? passEnv : (config?.orm?.passEnv ?? null);
  if (names === null) return environment;
  const isNamed = (variable: string): boolean =>
    names.some((name) => (name.endsWith('*') ? variable.startsWith(name.slice(0, -1)) : variable === name));
  return Object.fromEntries(
    Object.entries(environment).filter(([variable]) => always.test(variable) || isNamed(variable)),
  );
}
