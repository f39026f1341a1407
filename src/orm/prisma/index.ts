/**
 * Prisma: schema files are read as text, and what Prisma Migrate would make of them is worked out; no code is run.
 * Where the database has the keys, Prisma's deletes leave everything to them. With relationMode = "prisma" there are none,
 * and the client does itself what onDelete says.
 */
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/names.ts';
import type { DeleteClause, EngineName } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { OrmAdapter, ReadRequest, WriteAction } from '../adapter.ts';
import type { OrmFinding } from '../finding.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { type Facts, factsSchema, type ModelKey } from '../facts.ts';
import { readSchemaFile, schemaFiles } from './schema-files.ts';
import { madeOf, prismaActions } from './keys.ts';
import { parseSchema } from './language.ts';
import { type PrismaSchema, schemaOf } from './models.ts';
import { prismaEditor } from './editor.ts';

export const prisma: OrmAdapter = {
  name: 'prisma',
  title: 'Prisma',
  deletes: { unloaded: 'delete', loaded: 'delete with include, deleteMany', bulk: '$executeRaw, plain SQL' },
  read: readSchema,
  lint: (views) =>
    commonFindings(views, prismaAction).map((finding) =>
      asPrismaDeletes(finding, views.snapshot.server.flavor),
    ),
  editor: prismaEditor,
};

async function readSchema({ cwd, models, flavor }: ReadRequest): Promise<Facts> {
  const files = await schemaFiles(cwd, models);
  const texts = await Promise.all(files.map((file) => readSchemaFile(cwd, file)));
  const schema = schemaOf(
    files.map((file, index) => ({ file, blocks: parseSchema(file, texts[index] ?? '') })),
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

const providers: Readonly<Record<string, readonly EngineName[]>> = {
  postgresql: ['postgres'],
  postgres: ['postgres'],
  mysql: ['mysql', 'mariadb'],
  sqlite: ['sqlite'],
};

/** What Prisma writes by default depends on the database it writes for. */
function checkProvider({ provider }: PrismaSchema, source: string, flavor: EngineName | null): void {
  if (provider === null) return;
  const flavors = providers[provider];
  const refuse = (wrong: string, help: string): never => {
    throw new OndeleteError('MODELS_UNREADABLE', `${source} is for ${provider}, ${wrong}`, help);
  };
  if (flavors === undefined)
    refuse(
      'which ondelete does not support',
      'It supports PostgreSQL, MySQL, MariaDB and SQLite; --models names a schema for one of them.',
    );
  else if (flavor !== null && !flavors.includes(flavor))
    refuse(`and the database is ${flavor}`, 'Name the schema of this database with --models.');
}

const words = new Map(Object.entries(prismaActions).map(([word, action]) => [action, word]));

const prismaAction: WriteAction = (key, target) => {
  // a link table of Prisma's own has no field that could say it
  if (/^[AB]$/.test(key.columns.join()) && key.child.name.startsWith('_') && !key.onDeleteWritten)
    return null;
  const word = wordFor(key, target);
  return word === undefined ? null : { set: { onDelete: word }, text: `\`@relation(…, onDelete: ${word})\`` };
};

function wordFor({ constrained, application }: ModelKey, target: DeleteClause): string | undefined {
  if (constrained) return words.get(clauseText(target));
  // without a key the client has one way to refuse, and none to set a default
  if (target.onDelete === 'SET DEFAULT') return undefined;
  if (!isRefusing(target.onDelete)) return words.get(target.onDelete);
  return application?.onDelete === 'RESTRICT' ? undefined : 'Restrict';
}

/**
 * `DELETE … RETURNING` is how the client reads what it deletes, where the database has it: a plain delete() then meets the
 * database's own key before anything that the client does in its place.
 */
function asPrismaDeletes(finding: OrmFinding, flavor: EngineName): OrmFinding {
  const { outcomes, live } = finding;
  // what is written and what the client does are one word, which is edited once
  const edits = finding.edits.filter((edit) => edit.kind !== 'model' || edit.remove.length === 0);
  const readsFirst = live === null || flavor === 'mysql' || flavor === 'mariadb';
  return outcomes === null || readsFirst
    ? { ...finding, edits }
    : { ...finding, edits, outcomes: { ...outcomes, unloaded: outcomes.bulk } };
}
