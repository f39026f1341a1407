/** `ondelete init`: a first config whose policy states what the database does today. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { holdsPassword, serverUrl } from '../core/database-url.ts';
import { usualSpelling } from '../core/url-spellings.ts';
import { djangoKeeps, tablesOfDjango } from '../init/django.ts';
import { type InitText, initText } from '../init/index.ts';
import type { Server } from '../core/model.ts';
import { type FoundProject, type FoundTool, recognise } from '../init/project.ts';
import { flavorNamedBy, templateFor, toolNames, unknownTool } from '../registry.ts';
import { count } from '../report/layout.ts';
import { refuseExisting, writeText } from './shared/atomic-write.ts';
import { openSchema } from './shared/open-schema.ts';
import { serves } from './shared/migrations-folder.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type DatabaseOptions,
  type ExitCode,
  isSet,
  textOf,
} from './shared/options.ts';
import { projectAt } from './shared/project.ts';

const defaultFile = 'ondelete.config.yaml';

interface InitOptions extends DatabaseOptions {
  readonly perKey: boolean;
  readonly output: string;
  readonly tool: string | null;
  readonly dryRun: boolean;
  readonly envFile: string | null;
}

export const flags = {
  ...databaseFlags,
  'per-key': { type: 'boolean', describe: 'One rule per key instead of one per group' },
  output: { type: 'string', requiresArg: true, describe: `Write to this file; default: ${defaultFile}` },
  tool: { type: 'string', requiresArg: true, describe: 'The migration tool to write into the config' },
  'dry-run': { type: 'boolean', describe: 'Print the config instead of writing it' },
} as const;

export function parseOptions(argv: Arguments): InitOptions {
  return {
    ...databaseOptions(argv),
    perKey: isSet(argv, 'perKey'),
    output: textOf(argv, 'output') ?? textOf(argv, 'config') ?? defaultFile,
    tool: textOf(argv, 'tool'),
    dryRun: isSet(argv, 'dryRun'),
    envFile: textOf(argv, 'envFile'),
  };
}

export async function run(options: InitOptions, context: Context): Promise<ExitCode> {
  const { dryRun, output, perKey, tool } = options;
  if (tool !== null && !toolNames.includes(tool)) throw unknownTool(tool);
  if (!dryRun)
    refuseExisting(output, context, 'Move it away, or look at what would be written with --dry-run.');
  const source = await openSchema(options, context, null);
  try {
    const { engine, snapshot } = source;
    const { line, needs, said } = named(options.database, dirname(output));
    const flag = [
      ...(output === defaultFile ? [] : [` --config ${output}`]),
      ...(options.envFile === null ? [] : [` --env-file ${options.envFile}`]),
    ].join('');
    // a service has a tool of its own, and no other
    const project = chosen(
      await servingProject(recognise(projectAt(context.cwd)), snapshot.server),
      tool ?? snapshot.server.settings['service'] ?? null,
    );
    const isDjango = project.settings.tool === 'django';
    const exclude = isDjango ? tablesOfDjango(snapshot) : [];
    const foreignKeys = snapshot.foreignKeys.filter(({ child }) => !exclude.includes(child.name));
    const text = initText(
      { ...snapshot, foreignKeys },
      {
        perKey,
        database: line,
        names: engine.names(snapshot.server),
        schemaReference: schemaReference(dirname(resolve(context.cwd, output))),
        ...project.settings,
        exclude,
        keepsRefusing: isDjango ? djangoKeeps : undefined,
      },
    );
    writeText(text, dryRun ? null : output, context);
    if (dryRun) return 0;
    for (const line of project.said) context.log(line);
    const left = snapshot.foreignKeys.length - foreignKeys.length;
    const others = left === 0 ? '' : ` (${left} more of Django’s own apps left out)`;
    context.log(`Wrote ${output}: ${keysToday(foreignKeys.length)}${others}; ${said}.`);
    context.log(
      `Next: ${needs === null ? '' : `${needs}, `}${foreignKeys.length === 0 ? 'make the tables' : 'edit the rules'}, then run \`ondelete diff${flag}\`.`,
    );
    return 0;
  } finally {
    await source.close();
  }
}

function keysToday(number: number): string {
  if (number === 0) return 'the database has no foreign keys yet, if it is the right one';
  return `${count(number, 'foreign key')} as ${number === 1 ? 'it is' : 'they are'} today`;
}

/** The JSON Schema that editors complete from, as seen from the config's folder; null where no project has installed the package. */
function schemaReference(folder: string): string | null {
  const schema = 'node_modules/ondelete/ondelete.schema.json';
  for (let above = folder; ; above = dirname(above)) {
    const path = relative(folder, resolve(above, schema)).replaceAll('\\', '/');
    if (existsSync(resolve(above, schema))) return path.startsWith('.') ? path : `./${path}`;
    if (dirname(above) === above) return null;
  }
}

interface Chosen {
  readonly settings: Pick<InitText, 'tool' | 'out' | 'orm' | 'models' | 'undecided'>;
  /** For people, on stderr. */
  readonly said: readonly string[];
}

interface ServingProject extends FoundProject {
  /** Those that write nothing for this database, such as Prisma for SQLite. */
  readonly others: readonly FoundTool[];
  readonly product: string;
}

async function servingProject({ orms, tools }: FoundProject, server: Server): Promise<ServingProject> {
  const known = tools.filter(({ tool }) => toolNames.includes(tool));
  const templates = await Promise.all(known.map(({ tool }) => templateFor(tool)));
  const isServing = (found: FoundTool): boolean => {
    const template = templates[known.indexOf(found)];
    return template !== undefined && serves(template, server);
  };
  return {
    orms,
    tools: known.filter(isServing),
    others: known.filter((found) => !isServing(found)),
    product: server.product,
  };
}

/** One tool and one ORM are written down; of several none, because a guess would write files for the wrong one. */
function chosen({ orms, others, product, tools }: ServingProject, named: string | null): Chosen {
  const found = tools.filter(({ tool }) => named === null || tool === named);
  const [one] = found;
  const [orm] = orms;
  const isOne = found.length === 1 && one !== undefined;
  const hasOrm = orms.length === 1 && orm !== undefined;
  const listOf = (names: readonly string[]): string => names.join(', ');
  const undecided = [
    ...(found.length === 0 && named === null
      ? [
          `tool: ${others.length === 0 ? 'none was found' : `${listOf(others.map(described))} ${others.length === 1 ? 'writes' : 'write'} nothing for ${product}`}, so files are plain SQL; \`ondelete tools\` lists the others`,
        ]
      : []),
    ...(found.length > 1 ? [`tool: choose one of ${listOf(found.map(described))}`] : []),
    ...(isOne && one.out === null
      ? [`out: ${one.candidates?.join(' or ') ?? `the folder of the migrations of ${one.tool}`}`]
      : []),
    ...(orms.length > 1
      ? [`orm: choose one of ${listOf(orms.map(({ because, orm: name }) => `${name} (${because})`))}`]
      : []),
  ];
  return {
    settings: {
      ...(isOne ? { tool: one.tool } : named === null ? {} : { tool: named }),
      ...(isOne && one.out !== null ? { out: one.out } : {}),
      ...(hasOrm ? { orm: orm.orm, ...(orm.named === undefined ? {} : { models: orm.named }) } : {}),
      undecided,
    },
    said: [
      ...(isOne ? [`Found ${one.tool} (${one.because}).`] : []),
      ...(hasOrm ? [`Found the ORM ${orm.orm} (${orm.because}).`] : []),
      ...undecided.map((line) => `Not decided: ${line}.`),
    ],
  };
}

function described({ because, tool }: FoundTool): string {
  return `${tool} (${because})`;
}

/** What the config says of the database, and what the next command needs beside it. */
interface Named {
  readonly line: string;
  /** `database: …` in words, for people. */
  readonly said: string;
  readonly needs: string | null;
}

const variable = '${DATABASE_URL}';

/** The next command has to find the database again: a path or a URL without a secret is written, and of a password nothing at all. */
function named(url: string | null, folder: string): Named {
  if (url === null) return { line: variable, said: `the database is the one in DATABASE_URL`, needs: null };
  const isFile = flavorNamedBy(url) === 'sqlite' || /^pglite:/i.test(url);
  if (isFile || !holdsPassword(serverUrl(usualSpelling(url)))) {
    // A path in a config counts from the config's folder.
    const [, scheme = '', path = ''] =
      /^((?:libsql|turso|pglite):)?(?:sqlite:(?!\/\/))?(.*)$/is.exec(url) ?? [];
    const isMoved = isFile && folder !== '.' && !/^(sqlite|file|d1):/i.test(path) && !isAbsolute(path);
    return {
      line: isMoved ? `${scheme}${relative(folder, path)}` : url,
      said: 'the database is the one you named',
      needs: null,
    };
  }
  return {
    line: variable,
    said: 'the database is the one in DATABASE_URL, because the URL you named holds a password',
    needs: 'set DATABASE_URL to that URL',
  };
}
