// How Python's tools name a database.
import type { Project } from './contract.ts';

const drivers = {
  postgres: 'postgresql+psycopg',
  mysql: 'mysql+pymysql',
  mariadb: 'mariadb+pymysql',
} as const;

export function sqlAlchemyUrl({ engine, url }: Project): string {
  return engine === 'sqlite' ? `sqlite:///${url}` : url.replace(/^\w+:/, `${drivers[engine]}:`);
}
