/** What a Prisma schema declares: models with their tables, columns and relations, from the blocks of its files. Pure. */
import type { Place } from '../facts.ts';
import type { Attribute, Block, Field, Value } from './language.ts';

interface SchemaFile {
  /** As people call it. */
  readonly file: string;
  readonly blocks: readonly Block[];
}

export interface ModelField {
  readonly name: string;
  readonly type: string;
  readonly isList: boolean;
  readonly isOptional: boolean;
  readonly column: string;
  readonly relation: RelationArguments;
  readonly place: Place;
  readonly mark: string | null;
}

/** What `@relation` says; all null where there is none. */
interface RelationArguments {
  readonly name: string | null;
  readonly fields: readonly string[] | null;
  readonly references: readonly string[] | null;
  readonly onDelete: string | null;
  readonly onUpdate: string | null;
  readonly constraint: string | null;
}

export interface Model {
  readonly name: string;
  readonly isView: boolean;
  readonly table: { readonly schema: string | null; readonly name: string };
  readonly fields: readonly ModelField[];
  /** The fields of its `@id` or `@@id`. */
  readonly primary: readonly string[];
  readonly place: Place;
}

export interface PrismaSchema {
  readonly models: ReadonlyMap<string, Model>;
  /** `postgresql`, `mysql` …; null where no datasource says it. */
  readonly provider: string | null;
  /** relationMode = "prisma": no keys in the database, Prisma acts in their place. */
  readonly emulates: boolean;
  readonly mistakes: readonly { readonly message: string; readonly place: Place }[];
}

const scalars = 'BigInt Boolean Bytes DateTime Decimal Float Int Json String Unsupported'.split(' ');

export function schemaOf(files: readonly SchemaFile[]): PrismaSchema {
  const all = files.flatMap(({ file, blocks }) => blocks.map((block) => ({ file, block })));
  const models = new Map<string, Model>();
  const mistakes: PrismaSchema['mistakes'][number][] = [];
  for (const { file, block } of all.filter((each) => isModel(each.block))) {
    const model = modelOf(file, block);
    const earlier = models.get(model.name);
    if (earlier === undefined) models.set(model.name, model);
    else {
      const message = `${model.name} is declared twice, first in ${earlier.place.file}:${earlier.place.line}`;
      mistakes.push({ message, place: model.place });
    }
  }
  const types = new Set([...scalars, ...all.map(({ block }) => block.name)]);
  for (const { name, fields } of models.values()) {
    for (const { name: field, type, place } of fields.filter((each) => !types.has(each.type)))
      mistakes.push({ message: `${name}.${field} is of the type ${type}, which is declared nowhere`, place });
  }
  const settings = all.find(({ block }) => block.kind === 'datasource')?.block.settings;
  const mode = settings?.get('relationMode') ?? settings?.get('referentialIntegrity');
  return {
    models,
    provider: textIn(settings?.get('provider')),
    emulates: textIn(mode) === 'prisma',
    mistakes,
  };
}

const isModel = ({ kind }: Block): boolean => kind === 'model' || kind === 'view';

function modelOf(file: string, block: Block): Model {
  const byBlock = block.attributes.find(({ name }) => name === 'id');
  const byField = block.fields
    .filter(({ attributes }) => attributes.some(({ name }) => name === 'id'))
    .map(({ name }) => name);
  return {
    name: block.name,
    isView: block.kind === 'view',
    table: {
      schema: namedBy(block.attributes, 'schema'),
      name: namedBy(block.attributes, 'map') ?? block.name,
    },
    fields: block.fields.map((field) => fieldOf(file, field)),
    primary: (byBlock === undefined ? null : namesIn(given(byBlock, 'fields', 0))) ?? byField,
    place: { file, line: block.line },
  };
}

function fieldOf(file: string, field: Field): ModelField {
  const { name, type, isList, isOptional, line, comments } = field;
  const relation = field.attributes.find((each) => each.name === 'relation');
  const said = (argument: string): Value | undefined =>
    relation === undefined ? undefined : given(relation, argument, argument === 'name' ? 0 : null);
  return {
    name,
    type,
    isList,
    isOptional,
    column: namedBy(field.attributes, 'map') ?? name,
    relation: {
      name: textIn(said('name')) || null,
      fields: namesIn(said('fields')),
      references: namesIn(said('references')),
      onDelete: textIn(said('onDelete')),
      onUpdate: textIn(said('onUpdate')),
      constraint: textIn(said('map')),
    },
    place: { file, line },
    mark: markIn(comments),
  };
}

/** `@map("x")`, `@map(name: "x")`, `@@schema("x")`. */
function namedBy(attributes: readonly Attribute[], name: string): string | null {
  const attribute = attributes.find((each) => each.name === name);
  return attribute === undefined ? null : textIn(attribute.given[0]?.value);
}

/** An argument by its name, or by where it stands without one. */
function given(attribute: Attribute, name: string, position: number | null): Value | undefined {
  const byName = attribute.given.find((each) => each.name === name);
  const byPosition = position === null ? undefined : attribute.given[position];
  return (byName ?? (byPosition?.name === null ? byPosition : undefined))?.value;
}

function textIn(value: Value | undefined): string | null {
  return value?.kind === 'text' || value?.kind === 'word' ? value.text : null;
}

/** `[a, b(sort: Desc)]`; null for what is no list. */
function namesIn(value: Value | undefined): readonly string[] | null {
  if (value?.kind !== 'list') return null;
  return value.members.flatMap((member) => {
    if (member.kind === 'call') return [member.name];
    return member.kind === 'list' ? [] : [member.text];
  });
}

/** `/// ondelete: ignore: orm-model-db-drift, the reason`. */
function markIn(comments: readonly string[]): string | null {
  const marks = comments.flatMap((comment) => /^ondelete\s*:\s*(.*)$/is.exec(comment)?.[1] ?? []);
  return marks.length === 0 ? null : marks.join(' ');
}
