/** The D1 databases of a wrangler configuration: of it only the tables d1_databases are read, at the top and in environments. Pure. */
import { parse as parseToml } from 'smol-toml';
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

/** @throws OndeleteError USAGE where the file is not JSON, or not TOML */
export function d1Entries(text: string, path: string): readonly D1Entry[] {
  return tablesIn(configIn(text, path)).flatMap((table): readonly D1Entry[] => {
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

function configIn(text: string, path: string): Settings {
  try {
    return objectIn(path.endsWith('.toml') ? parseToml(text) : JSON.parse(plainJson(text)));
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `${path} cannot be read: ${whyNot(error)}`,
      'Correct it, as wrangler reads it too; or name the file of the database: d1:FILE.',
    );
  }
}

/** The TOML reader says the line beside the message, whose further lines show the place. */
function whyNot(error: unknown): string {
  const { line } = error as { readonly line?: unknown };
  const [what = ''] = messageOf(error).split('\n');
  return typeof line === 'number' ? `line ${line}: ${what}` : what;
}

/** JSON with comments and commas too many, without them. */
function plainJson(text: string): string {
  return text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, quoted?: string) => quoted ?? '')
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '');
}

function tablesIn(config: Settings): readonly Settings[] {
  const environments = Object.values(objectIn(config['env']));
  return [config, ...environments.map(objectIn)].flatMap(({ d1_databases: found }) =>
    Array.isArray(found) ? found.map(objectIn) : [],
  );
}

function objectIn(value: unknown): Settings {
  return typeof value === 'object' && value !== null ? (value as Settings) : {};
}
