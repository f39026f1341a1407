/**
 * Prisma: schema files are read as text, and what Prisma Migrate would make of them is worked out; no code is run.
 * Where the database has the keys, Prisma's deletes leave everything to them. With relationMode = "prisma" there are none,
 * and the client does itself what onDelete says.
 */
import { OndeleteError } from '../../core/errors.ts';
import { clauseText, type DeleteClause, type Flavor } from '../../core/model.ts';
import type { Declaration, OrmAdapter, OrmFinding, ReadRequest } from '../adapter.ts';
import { commonFindings } from '../common-rules.ts';
import { factsSchema, type Facts, type ModelKey } from '../facts.ts';
import { readSchemaFile, schemaFiles } from './files.ts';
import { madeOf } from './keys.ts';
import { parseSchema } from './language.ts';
import { schemaOf, type PrismaSchema } from './models.ts';

export const prisma: OrmAdapter = {
  name: 'prisma',
  title: 'Prisma',
  deletes: { unloaded: 'delete', loaded: 'delete with include, deleteMany', bulk: '$executeRaw, plain SQL' },
  read: factsOf,
  lint: (input) =>
    commonFindings(input, declaration).map((finding) => withoutKeys(finding, input.snapshot.server.flavor)),
};

async function factsOf({ cwd, models, flavor }: ReadRequest): Promise<Facts> {
  const files = await schemaFiles(cwd, models);
  const texts = await Promise.all(files.map((file) => readSchemaFile(cwd, file)));
  const schema = schemaOf(
    files.map((file, index) => {
      const parsed = parseSchema(texts[index] ?? '');
      if (parsed.ok) return { file, blocks: parsed.blocks };
      throw new OndeleteError(
        'MODELS_UNREADABLE',
        `${file}:${parsed.line}: ${parsed.message}`,
        'Check it with `npx prisma validate`; --models names another one.',
      );
    }),
  );
  const source =
    files.length > 3 ? `${files.slice(0, 2).join(', ')} and ${files.length - 2} more` : files.join(', ');
  checkProvider(schema, source, flavor);
  if (schema.models.size === 0) {
    const help = 'Name the file, or the folder of *.prisma files, that holds them with --models.';
    throw new OndeleteError('MODELS_UNREADABLE', `${source} declares no model`, help);
  }
  return factsSchema.parse({
    version: 1,
    orm: 'prisma',
    source,
    ...madeOf(schema),
    notes: schema.emulates
      ? ['relationMode = "prisma": Prisma Migrate makes no foreign keys, and drops those that are there.']
      : [],
  });
}

const providers: Readonly<Record<string, readonly Flavor[]>> = {
  postgresql: ['postgres'],
  postgres: ['postgres'],
  mysql: ['mysql', 'mariadb'],
  sqlite: ['sqlite'],
};

/** What Prisma writes where nobody says anything depends on the database it writes for. */
function checkProvider({ provider }: PrismaSchema, source: string, flavor: Flavor | null): void {
  if (provider === null) return;
  const flavors = providers[provider];
  const help = 'Name the schema of this database with --models.';
  if (flavors === undefined)
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${source} is for ${provider}, which is not known here`,
      help,
    );
  if (flavor !== null && !flavors.includes(flavor))
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${source} is for ${provider}, the database is ${flavor}`,
      help,
    );
}

const words: Readonly<Record<string, string>> = {
  CASCADE: 'Cascade',
  RESTRICT: 'Restrict',
  'NO ACTION': 'NoAction',
  'SET NULL': 'SetNull',
  'SET DEFAULT': 'SetDefault',
};

const declaration: Declaration = (key, target) => {
  // a link table of Prisma's own has no field that could say it
  if (/^[AB]$/.test(key.columns.join()) && key.child.name.startsWith('_') && !key.onDeleteWritten)
    return null;
  const word = key.constrained ? words[clauseText(target)] : wordWithoutKey(key, target);
  return word === undefined ? null : { set: { onDelete: word }, text: `\`@relation(…, onDelete: ${word})\`` };
};

/** The client has one way to refuse, and none to set a default. */
function wordWithoutKey({ application }: ModelKey, { onDelete }: DeleteClause): string | undefined {
  if (onDelete === 'SET DEFAULT') return undefined;
  if (onDelete !== 'NO ACTION' && onDelete !== 'RESTRICT') return words[onDelete];
  return application?.onDelete === 'RESTRICT' ? undefined : 'Restrict';
}

/**
 * `DELETE … RETURNING` is how the client reads what it deletes, where the database has it: a plain delete() then meets the
 * database's own key before anything that the client does in its place.
 */
function withoutKeys(finding: OrmFinding, flavor: Flavor): OrmFinding {
  const { outcomes, live } = finding;
  // what is written and what the client does are one word, which is edited once
  const edits = finding.edits.filter((edit) => edit.kind === 'database' || edit.remove.length === 0);
  const readsFirst = live === null || flavor === 'mysql' || flavor === 'mariadb';
  return outcomes === null || readsFirst
    ? { ...finding, edits }
    : { ...finding, edits, outcomes: { ...outcomes, unloaded: outcomes.bulk } };
}
