/**
 * The library: five functions and the types of what they take and give. docs/library.md has examples.
 *
 *   const database = await open({ database: process.env.DATABASE_URL });
 *   const { matches, changes } = await compare(database);
 *   for (const file of render(await plan(database, { tool: 'knex' }))) …
 *   const { touched } = await reach(database, { table: 'orders', where: 'id = 42' });
 *   await database.close();
 *
 * They only read. What they return is plain data; what they throw is an `OndeleteError` with a `code`.
 */
export { open, type Database, type OpenOptions } from './library/open.ts';
export { compare, type CompareOptions, type Comparison } from './library/compare.ts';
export { plan, render, type Plan, type PlanOptions, type RenderOptions } from './library/plan.ts';
export { reach, type ReachOptions } from './library/reach.ts';
export { errorCodes, OndeleteError, type ErrorCode } from './core/errors.ts';
export type { LimitInput, PolicyInput, RuleInput } from './config/input.ts';
export type {
  ChangeData,
  ClauseData,
  CodeText,
  FindingData,
  HazardData,
  ReachData,
  RefusalData,
  TouchedData,
} from './report/data.ts';
export type { ReachFailure, ReachStep, Rows } from './reach/index.ts';
export type {
  Change,
  CodeFallback,
  DeleteClause,
  Direction,
  EngineName,
  Finding,
  ForeignKey,
  Hazard,
  JsonValue,
  KeyEnd,
  Lock,
  Operation,
  Position,
  ReferentialAction,
  Retry,
  RuleReference,
  Server,
  Snapshot,
  Statement,
  Step,
  StepBody,
  Table,
  TableName,
} from './core/model.ts';
export type {
  ExistingFile,
  History,
  Migration,
  MigrationFile,
  NameRequest,
  Replay,
  Stage,
  Template,
  ToolDescription,
} from './core/contracts/template.ts';
