/** The D1 databases of a wrangler configuration: of it only the tables d1_databases are read, at the top and in environments. Pure. */
import { messageOf, OndeleteError } from '../../../src/core/errors.ts';

export interface D1Entry {
  /** What people call it: its database_name, else its binding. */
  readonly name: string;
  /** All that names it: binding, database_name, ids. */
  readonly names: readonly string[];
  /** What wrangler names the local state by. */
  readonly id: string;
}

type Settings = Readonly<Record<string, unknown>>;

/** @throws OndeleteError USAGE where the file is not JSON */
export function d1Entries(text: string, path: string): readonly D1Entry[] {
  const tables = path.endsWith('.toml') ? tablesOfToml(text) : tablesOfJson(text, path);
  return tables.flatMap((table): readonly D1Entry[] => {
    const value = (name: string): string | null => {
      const found = table[name];
      return typeof found === 'string' && found !== '' ? found : null;
    };
    const binding = value('binding');
    const id = value('preview_database_id') ?? value('database_id') ?? binding;
    if (id === null) return [];
    const all = [value('database_name'), binding, value('database_id'), value('preview_database_id')];
    const names = all.filter((name) => name !== null);
    return [{ name: names[0] ?? id, names, id }];
  });
}

/** JSON with comments and commas too many. */
function tablesOfJson(text: string, path: string): readonly Settings[] {
  const plain = text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, quoted?: string) => quoted ?? '')
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '');
  try {
    const config = JSON.parse(plain) as Settings;
    const environments = Object.values(objectIn(config['env']));
    return [config, ...environments.map(objectIn)].flatMap(({ d1_databases: found }) =>
      Array.isArray(found) ? found.map(objectIn) : [],
    );
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `${path} cannot be read: ${messageOf(error)}`,
      'Correct it; wrangler reads it too.',
    );
  }
}

function objectIn(value: unknown): Settings {
  return typeof value === 'object' && value !== null ? (value as Settings) : {};
}

/** `[[d1_databases]]`, `[[env.NAME.d1_databases]]` and `d1_databases = [ { … } ]`; of their values the strings. */
function tablesOfToml(text: string): readonly Settings[] {
  const lines = text.replace(/^\s*#.*$/gm, '');
  const inline = [...lines.matchAll(/^\s*d1_databases\s*=\s*\[([^\]]*)\]/gm)].flatMap(([, list = '']) =>
    [...list.matchAll(/\{([^}]*)\}/g)].map(([, pairs = '']) => stringsIn(pairs)),
  );
  const sections = lines.split(/^(?=\s*\[)/m).flatMap((section) => {
    const heading = /^\s*\[\[\s*(?:env\s*\.\s*(?:[\w-]+|"[^"]*")\s*\.\s*)?d1_databases\s*\]\]/.exec(
      section,
    )?.[0];
    return heading === undefined ? [] : [stringsIn(section.slice(heading.length))];
  });
  return [...inline, ...sections];
}

function stringsIn(pairs: string): Settings {
  const found = pairs.matchAll(/(?:^|[\n,{])\s*"?([\w-]+)"?\s*=\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)')/g);
  return Object.fromEntries(
    [...found].map(([, name = '', double, single]) => [name, double ?? single ?? '']),
  );
}
