/** The one list of ORMs. */
import { OndeleteError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';
import type { OrmAdapter, OrmEntry } from './adapter.ts';

const orms: readonly OrmEntry[] = [
  { name: 'sqlalchemy', load: async () => (await import('./sqlalchemy/index.ts')).sqlalchemy },
  { name: 'django', load: async () => (await import('./django/index.ts')).django },
  { name: 'drizzle', load: async () => (await import('./drizzle/index.ts')).drizzle },
  { name: 'mikro-orm', load: async () => (await import('./mikro-orm/index.ts')).mikroOrm },
  { name: 'prisma', load: async () => (await import('./prisma/index.ts')).prisma },
  { name: 'sequelize', load: async () => (await import('./sequelize/index.ts')).sequelize },
  { name: 'typeorm', load: async () => (await import('./typeorm/index.ts')).typeorm },
  { name: 'sql', load: async () => (await import('./sql/index.ts')).sql },
];

/** @throws OndeleteError USAGE when no ORM is called that */
export async function ormNamed(name: string): Promise<OrmAdapter> {
  const entry = orms.find((candidate) => candidate.name === name.toLowerCase());
  if (entry !== undefined) return entry.load();
  const known = orms.map((candidate) => candidate.name);
  throw new OndeleteError(
    'USAGE',
    `no ORM is called ${JSON.stringify(name)} here${didYouMean(name, known)}`,
    `Known: ${known.join(', ')}.`,
  );
}
