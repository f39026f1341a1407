/** The part of a database that the configuration selects: `schemas` and `exclude`. */
import { valueOf } from './positions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { type Environment, expandUnquoted, type Located } from './environment.ts';
import type { TableName } from '../core/model.ts';
import { type Parsed, parseNamePattern, parseTablePattern } from '../policy/pattern/parse.ts';
import { nameMatcher, tableMatcher } from '../policy/pattern/match.ts';

/** Whether a schema is in scope; null: the engine's default holds. @throws CONFIG_INVALID, ENVIRONMENT_VARIABLE_MISSING */
export function schemaScope(
  schemas: readonly Located[] | null,
  names: NameMatching,
  environment: Environment,
): ((schema: string) => boolean) | null {
  if (schemas === null) return null;
  const tests = schemas.map((each) =>
    nameMatcher(readGlob(each, environment, parseNamePattern), names.tablesIgnoreCase),
  );
  return (schema) => tests.some((test) => test(schema));
}

/** Whether a table is excluded. @throws CONFIG_INVALID, ENVIRONMENT_VARIABLE_MISSING */
export function exclusion(
  exclude: readonly Located[],
  names: NameMatching,
  environment: Environment,
): (table: TableName) => boolean {
  const tests = exclude.map((each) => tableMatcher(readGlob(each, environment, parseTablePattern), names));
  return (table) => tests.some((test) => test(table));
}

function readGlob<T>(value: Located, environment: Environment, parse: (text: string) => Parsed<T>): T {
  return valueOf(parse(expandUnquoted(value, environment)), value.text, value.position);
}
