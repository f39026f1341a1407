/**
 * The shape of `ondelete.config.*`: what the reader checks, and the JSON Schema that editors complete from.
 * Loads zod, so src/config.ts imports it when a configuration is read and not before.
 */
import { z } from 'zod';
import { actionWords, notAnAction, parseAction } from '../policy/actions.ts';

/** Keys of the contract that this version does not act on yet; refused rather than ignored. */
export const reservedKeys: readonly string[] = ['names'];

const text = (what: string) => z.string({ error: `must be ${what}` });
const mapping = { error: 'must be a mapping of keys to values' };
const list = { error: 'must be a list' };

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
  // The message stands with each part as well: zod tells a part's own when only that part failed late.
  const error = (issue: { readonly input?: unknown }): string => {
    if (typeof issue.input !== 'string') return `must be an action: ${words.join(', ')}`;
    const parsed = parseAction(issue.input);
    return `: ${issue.input.includes('(') && !parsed.ok ? parsed.message : notAnAction(issue.input, words)}`;
  };
  return z.union([z.enum(words, { error }), z.string({ error }).regex(expression, { error })], { error });
}

const patternsWanted = { error: 'must be a pattern or a list of patterns, `child -> parent`' };
const patterns = z.union(
  [z.string().min(1, patternsWanted), z.array(text('a pattern')).min(1, patternsWanted)],
  patternsWanted,
);

const rule = z.strictObject(
  {
    match: patterns.describe(
      "Which keys: '[schema.]child[(columns)] -> [schema.]parent[(columns)]'; names are globs (* ? {a,b}). In single quotes.",
    ),
    except: patterns
      .optional()
      .describe('Keys that `match` matches and that this rule leaves to later ones.'),
    constraint: text('the name of a constraint')
      .optional()
      .describe('Only for two keys over the same columns: the name of the constraint.'),
    when: z
      .strictObject(
        {
          nullable: z
            .boolean({ error: 'must be true or false' })
            .optional()
            .describe('true: every column that the action would write accepts NULL. false: one does not.'),
          from: action([...actionWords.filter((word) => word !== 'keep')], false)
            .optional()
            .describe('Only keys that have this action before the change, or already have the one wanted.'),
        },
        mapping,
      )
      .optional()
      .describe('Conditions that a key must meet besides.'),
    onDelete: action(actionWords, true).describe(
      'What a delete of the parent does. refuse: NO ACTION or RESTRICT, whichever is there. keep: whatever is there. PostgreSQL 15: set null (column, …).',
    ),
    reason: text('text').optional().describe('Why; printed by diff and written into the migration.'),
    optional: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('true: matching nothing is fine here.'),
  },
  mapping,
);

const seconds = { error: 'must be a number of seconds' };
const orm = z.strictObject(
  {
    name: text('the name of an ORM')
      .optional()
      .describe(
        'The ORM of the application: sqlalchemy, django, prisma, drizzle, typeorm, sequelize, mikro-orm.',
      ),
    models: z
      .array(text('a module'), list)
      .optional()
      .describe(
        'Where the models are: package.module or package.module:Base. Importing them runs their code.',
      ),
    alembic: text('a file').optional().describe('An alembic.ini whose env.py names the models.'),
    python: text('a command')
      .optional()
      .describe('The application’s Python: .venv/bin/python, uv run python.'),
    node: text('a command')
      .optional()
      .describe('The application’s Node.js; default: the one that runs ondelete.'),
    envFile: text('a file').optional().describe('Variables for the application, NAME=value.'),
    stubEngine: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('true: the models’ create_engine() makes a stand-in.'),
    timeLimit: z
      .number(seconds)
      .positive(seconds)
      .optional()
      .describe('Seconds that reading the models may take.'),
    facts: text('a file')
      .optional()
      .describe('Facts that `ondelete facts` wrote: read instead of running code.'),
  },
  mapping,
);

const atLeastOne = { error: 'must be a whole number, 1 or more' };
const limit = z.strictObject(
  {
    path: text('a path rule').describe("From which tables to which: 'orgs ~> *'. In single quotes."),
    rows: z
      .int(atLeastOne)
      .min(1, atLeastOne)
      .optional()
      .describe('The most rows that one delete may take there, by the statistics of the server.'),
    depth: z.int(atLeastOne).min(1, atLeastOne).optional().describe('The most keys in a row.'),
  },
  mapping,
);

const policy = z.strictObject(
  {
    from: z
      .union([text('the name of an ORM or a file of SQL'), z.array(text('a file of SQL'), list).min(1)])
      .optional()
      .describe(
        'Take what the models say as rules, behind those that stand here: sqlalchemy, or a file of SQL that makes the schema, such as db/structure.sql (several as a list, loaded in this order; paths count from the folder of this file).',
      ),
    strictNone: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe(
        'true: a model’s key without an action means NO ACTION; false (the default): it says nothing.',
      ),
    default: action(['error', ...actionWords], false)
      .optional()
      .describe(
        'What holds for a key without a rule. error (the default): it is a finding and nothing is changed.',
      ),
    rules: z.array(rule, list).optional().describe('The first rule that matches a key decides it.'),
    never: z
      .array(text('a path rule'), list)
      .optional()
      .describe(
        "Tables whose rows a delete elsewhere must never take, over any number of cascades: 'users ~> billing.invoices'.",
      ),
    limits: z
      .array(limit, list)
      .optional()
      .describe('How many rows, and over how many keys in a row, a delete may take.'),
  },
  mapping,
);

const severityWanted = { error: 'must be error, warning, info or off' };
const ignored = z.strictObject(
  {
    code: text('the code of a finding').describe(
      'The finding to leave out; `ondelete explain` lists the codes.',
    ),
    match: text('a pattern, `child -> parent`')
      .optional()
      .describe("Only for these keys: 'child[(columns)] -> parent[(columns)]', in single quotes."),
    table: text('a table or a glob')
      .optional()
      .describe('Only for findings about these tables, and keys whose child they are.'),
    reason: text('text').describe('Why it may be left out.'),
  },
  mapping,
);

export const configSchema = z.strictObject(
  {
    $schema: text('text').optional().describe('Where this schema stands, for editors.'),
    database: text('a URL or a path')
      .optional()
      .describe('postgres:// mysql:// mariadb:// sqlite:FILE or a path; ${NAME} reads the environment.'),
    schemas: z
      .array(text('the name of a schema or a glob'), list)
      .optional()
      .describe('Globs; default: every schema but the system’s (MySQL: the database of the URL).'),
    exclude: z
      .array(text('a table or a glob'), list)
      .optional()
      .describe('Tables that others own: [schema.]table, globs.'),
    tool: text('the name of a migration tool')
      .optional()
      .describe('The migration tool to write for; default sql.'),
    out: text('a folder').optional().describe('Where migrations are written.'),
    scratch: text('a URL')
      .optional()
      .describe('The server on which `verify` makes its scratch database; ${NAME} reads the environment.'),
    orm: orm.optional().describe('How to read the models of the application.'),
    severity: z
      .record(z.string(), z.enum(['error', 'warning', 'info', 'off'], severityWanted), mapping)
      .optional()
      .describe('How bad a finding is here, by its code: error, warning, info, or off.'),
    ignore: z.array(ignored, list).optional().describe('Findings that somebody has looked at and accepted.'),
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
  const place = path.filter((part) => typeof part === 'string').join('.');
  if (place === '') return Object.keys(configSchema.shape).filter((key) => key !== '$schema');
  if (place === 'orm') return Object.keys(orm.shape);
  if (place === 'ignore') return Object.keys(ignored.shape);
  if (place === 'policy') return Object.keys(policy.shape);
  if (place === 'policy.rules') return Object.keys(rule.shape);
  if (place === 'policy.limits') return Object.keys(limit.shape);
  return place === 'policy.rules.when' ? ['nullable', 'from'] : [];
}

/** The JSON Schema that ships in the package as `ondelete.schema.json`; a test keeps the file the same as this. */
export function jsonSchema(): object {
  return {
    title: 'Configuration of ondelete',
    ...z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }),
  };
}
