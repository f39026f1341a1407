/**
 * The shape of `ondelete.config.*`: what the reader checks, and the JSON Schema from which editors complete.
 * Loads zod, so only validate.ts imports it, which is loaded when there is a configuration to read.
 */
import * as z from 'zod';
import { actionWords, notAnAction, parseAction } from '../policy/actions.ts';

/** Keys that this version does not support yet: refused, not ignored. */
export const reservedKeys: readonly string[] = ['names'];

const mapping = { error: 'must be a mapping of keys to values' };
const list = { error: 'must be a list' };
const text = (what: string) => z.string({ error: `must be ${what}` });
const optionalText = (what: string, description: string) => text(what).optional().describe(description);
const optionalTexts = (what: string, description: string) =>
  z.array(text(what), list).optional().describe(description);
const optionalFlag = (description: string) =>
  z.boolean({ error: 'must be true or false' }).optional().describe(description);

/** JSON Schema's patterns know no flag for case, so the case is spelled out. */
function anyCase(words: string): string {
  return words.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`).replaceAll(' ', '\\s+');
}
function action(words: readonly string[], columnLists: boolean) {
  const plain = words.map(anyCase).join('|');
  const lists = columnLists
    ? `|${anyCase('set ')}(?:${anyCase('null')}|${anyCase('default')})\\s*\\([\\s\\S]*\\)`
    : '';
  const expression = new RegExp(`^\\s*(?:${plain}${lists})\\s*$`);
  // Each part has the message too: zod reports a part's own when only that part failed late.
  const error = (issue: { readonly input?: unknown }): string => {
    if (typeof issue.input !== 'string') return `must be an action: ${words.join(', ')}`;
    const parsed = parseAction(issue.input);
    return `: ${issue.input.includes('(') && !parsed.ok ? parsed.message : notAnAction(issue.input, words)}`;
  };
  return z.union([z.enum(words, { error }), z.string({ error }).regex(expression, { error })], { error });
}

const databaseWanted = { error: 'must be a URL or a path' };
const patternsWanted = { error: 'must be a pattern or a list of patterns, `child -> parent`' };
const patterns = z.union(
  [z.string().min(1, patternsWanted), z.array(text('a pattern')).min(1, patternsWanted)],
  patternsWanted,
);

const when = z.strictObject(
  {
    nullable: optionalFlag(
      'true: every column that the action would write accepts NULL. false: at least one does not.',
    ),
    from: action(
      actionWords.filter((word) => word !== 'keep'),
      false,
    )
      .optional()
      .describe('Only keys that have this action before the change, or already have the wanted one.'),
  },
  mapping,
);

const rule = z.strictObject(
  {
    match: patterns.describe(
      "The keys that the rule is for: '[schema.]child[(columns)] -> [schema.]parent[(columns)]'; names are globs (* ? {a,b}). In single quotes.",
    ),
    except: patterns.optional().describe('Keys that `match` matches but the rule leaves to later rules.'),
    constraint: optionalText(
      'the name of a constraint',
      'The name of the constraint; needed only for two keys over the same columns.',
    ),
    when: when.optional().describe('Further conditions on the key.'),
    onDelete: action(actionWords, true).describe(
      'What deleting a parent row does. refuse: NO ACTION or RESTRICT, whichever the key has. keep: the action that the key has. PostgreSQL 15: set null (column, …).',
    ),
    reason: optionalText('text', 'Why; diff prints it and the migration contains it.'),
    optional: optionalFlag('true: it is no finding if the rule matches no key.'),
  },
  mapping,
);

const seconds = { error: 'must be a number of seconds' };
const orm = z.strictObject(
  {
    name: optionalText(
      'the name of an ORM',
      'The ORM of the application: sqlalchemy, django, prisma, drizzle, typeorm, sequelize, mikro-orm.',
    ),
    models: z
      .union([text('a module'), z.array(text('a module'), list)])
      .optional()
      .describe(
        'Where the models are: package.module or package.module:Base. Importing them runs their code.',
      ),
    alembic: optionalText('a file', 'An alembic.ini whose env.py names the models.'),
    python: optionalText(
      'an interpreter',
      'The application’s Python: python3 on the PATH, or .venv/bin/python of a virtual environment below this folder. Another command needs --python or ONDELETE_PYTHON.',
    ),
    node: optionalText(
      'an interpreter',
      'The application’s Node.js: node on the PATH. Another command needs --node or ONDELETE_NODE.',
    ),
    envFile: optionalText('a file', 'A file of environment variables for the application, NAME=value.'),
    passEnv: optionalTexts(
      'the name of a variable',
      'The only variables of the environment that the application gets: DATABASE_URL, SHOP_*. Default: all.',
    ),
    stubEngine: optionalFlag('true: create_engine() in the models returns a stand-in.'),
    timeLimit: z
      .number(seconds)
      .positive(seconds)
      .optional()
      .describe('The most seconds that reading the models may take.'),
    facts: optionalText(
      'a file',
      'A file that `ondelete facts` wrote; it is read instead of running the application’s code.',
    ),
  },
  mapping,
);

const atLeastOne = { error: 'must be a whole number, 1 or more' };
const count = () => z.int(atLeastOne).min(1, atLeastOne).optional();
const limit = z.strictObject(
  {
    path: text('a path rule').describe("From which tables to which: 'orgs ~> *'. In single quotes."),
    rows: count().describe(
      'The most rows that one delete may take there, estimated from the server’s statistics.',
    ),
    depth: count().describe('The most keys that one delete may follow in a row.'),
  },
  mapping,
);

const policy = z.strictObject(
  {
    from: z
      .union([text('the name of an ORM or a file of SQL'), z.array(text('a file of SQL'), list).min(1)])
      .optional()
      .describe(
        'Source of extra rules, after those in this file: the name of an ORM, such as sqlalchemy, or a file of SQL that creates the schema, such as db/structure.sql (several as a list, loaded in this order; paths are relative to this file).',
      ),
    strictNone: optionalFlag(
      'true: a key of a model without an action asks for NO ACTION; false (the default): it asks for nothing.',
    ),
    default: action(['error', ...actionWords], false)
      .optional()
      .describe('The action for a key that no rule matches. error (the default): a finding, and no change.'),
    rules: z.array(rule, list).nullish().describe('The first rule that matches a key decides it.'),
    never: optionalTexts(
      'a path rule',
      "Paths that no delete may take, over any number of cascades: 'users ~> billing.invoices' protects the invoices from deletes of users.",
    ),
    limits: z
      .array(limit, list)
      .optional()
      .describe('The most rows that a delete may take, and the most keys that it may follow in a row.'),
  },
  mapping,
);

const severityWanted = { error: 'must be error, warning, info or off' };
const ignored = z.strictObject(
  {
    code: text('the code of a finding').describe(
      'The code of the finding to ignore; `ondelete explain` lists the codes.',
    ),
    match: optionalText(
      'a pattern, `child -> parent`',
      "Only for these keys: 'child[(columns)] -> parent[(columns)]', in single quotes.",
    ),
    table: optionalText(
      'a table or a glob',
      'Only for these tables, and for keys whose child is one of them.',
    ),
    reason: text('text').describe('Why the finding may be ignored.'),
  },
  mapping,
);

export const configSchema = z.strictObject(
  {
    $schema: optionalText('text', 'The path of this schema, for editors.'),
    database: z
      .union([text('a URL or a path'), z.array(text('a URL or a path'), list).min(1)], databaseWanted)
      .optional()
      .describe(
        'postgres:// mysql:// mariadb:// sqlite:FILE or a path; ${NAME} is an environment variable. A list for databases that share the policy.',
      ),
    schemas: optionalTexts(
      'the name of a schema or a glob',
      'Globs; default: every schema except the system’s (MySQL: the database of the URL).',
    ),
    exclude: optionalTexts('a table or a glob', 'Tables that others own: [schema.]table, globs.'),
    tool: optionalText('the name of a migration tool', 'The migration tool to write for; default sql.'),
    out: optionalText('a folder', 'The folder for migrations.'),
    scratch: optionalText(
      'a URL',
      'The server on which `verify` creates its scratch database; ${NAME} is an environment variable.',
    ),
    orm: orm.optional().describe('How to read the models of the application.'),
    severity: z
      .record(z.string(), z.enum(['error', 'warning', 'info', 'off'], severityWanted), mapping)
      .optional()
      .describe('The severity of a finding, by its code: error, warning, info, or off.'),
    ignore: z.array(ignored, list).optional().describe('Findings that are known and accepted.'),
    policy: policy.optional().describe('What a delete should do, for each foreign key.'),
  },
  mapping,
);

export type RawConfig = z.infer<typeof configSchema>;
export type RawPolicy = z.infer<typeof policy>;
export type RawRule = z.infer<typeof rule>;
export type RawLimit = z.infer<typeof limit>;

/** The keys that may stand where an unknown one was found, for a guess at what was meant. */
export function keysAt(path: readonly (string | number)[]): readonly string[] {
  const objects: Readonly<Record<string, z.ZodObject>> = {
    '': configSchema.omit({ $schema: true }),
    orm,
    ignore: ignored,
    policy,
    'policy.rules': rule,
    'policy.rules.when': when,
    'policy.limits': limit,
  };
  const place = path.filter((part) => typeof part === 'string').join('.');
  return Object.keys(objects[place]?.shape ?? {});
}

/** The JSON Schema that ships in the package as `ondelete.schema.json`; a test keeps the file the same as this. */
export function jsonSchema(): object {
  return {
    title: 'Configuration of ondelete',
    ...z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }),
  };
}
