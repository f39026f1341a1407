/**
 * The library: what the command line is made of, for programs that want the data.
 *
 *   const source = await openDatabase(url, () => ({ schemas: null }));
 *   const { decisions, findings } = decide(policy, source.snapshot, …);
 *   const differences = diff(source.schema, decisions, findings, source.engine);
 *
 * Everything between a Snapshot and a file is a pure function over plain data; only `openDatabase` and the probes of its
 * connection touch a database, and they only read.
 */
export * from './core/model.ts';
export * from './core/names.ts';
export { errorCodes, OndeleteError, type ErrorCode } from './core/errors.ts';
export {
  catalogue,
  entryOf,
  gradeOf,
  type CatalogueEntry,
  type Code,
  type Grade,
} from './core/codes/index.ts';
export { fingerprint } from './core/fingerprint.ts';
export {
  engineFor,
  openDatabase,
  openSnapshot,
  templateFor,
  toolNames,
  type SchemaSource,
} from './registry.ts';
export type { Capabilities, Emit, Emitter, Engine, NameMatching, Runner } from './core/contracts/engine.ts';
export type { Connection, Scope } from './core/contracts/connection.ts';
export type { Probe } from './core/contracts/probe.ts';
export { schemaIndex, type SchemaIndex } from './core/schema-index.ts';
export type { Migration, MigrationFile, Template } from './core/contracts/template.ts';
export { readConfig, type Config } from './config/read.ts';
export { decide } from './policy/decide.ts';
export { type Decision, type Decisions, type Policy, type Rule } from './policy/policy.ts';
export { diff, type Diff } from './diff/diff.ts';
export {
  figuresFrom,
  reach,
  withChanges,
  type Effect,
  type Reach,
  type ReachFailure,
  type ReachFigures,
  type ReachStep,
  type Rows,
  type TouchedTable,
} from './reach/index.ts';
export { compareReach, type ReachChange, type ReachDifference } from './reach/diff.ts';
export { assess, plan, type Allowance, type Assessment } from './plan/plan.ts';
export { migrations } from './plan/migrations.ts';
export { migrationStatuses, type FolderState, type MigrationStatus } from './plan/pending.ts';
export type { ExistingFile } from './core/contracts/template.ts';
export { readRecord, type RecordedKey } from './plan/record.ts';
export { initText } from './init/index.ts';
export { parseSnapshot } from './core/snapshot-parse.ts';
export { snapshotText } from './core/snapshot-print.ts';
