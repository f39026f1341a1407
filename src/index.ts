/**
 * The library: what the command line is made of, for programs that want the data.
 *
 *   const source = await openDatabase(url, () => ({ schemas: null }));
 *   const { decisions, findings } = decide(policy, source.snapshot, …);
 *   const differences = diff(source.snapshot, decisions, findings, source.dialect);
 *
 * Everything between a Snapshot and a file is a pure function over plain data; only `openDatabase` and the probes of a
 * dialect touch a database, and they only read.
 */
export * from './model.ts';
export { errorCodes, OndeleteError, type ErrorCode } from './errors.ts';
export { catalogue, entryOf, gradeOf, type CatalogueEntry, type Code, type Grade } from './hazards.ts';
export { fingerprint } from './fingerprint.ts';
export {
  dialectFor,
  openDatabase,
  openSnapshot,
  templateFor,
  toolNames,
  type Source,
} from './composition.ts';
export type { Capabilities, Dialect, Emit, NameMatching, Probe, Runner, Scope, Session } from './dialect.ts';
export type { Migration, MigrationFile, Template } from './template.ts';
export { readConfig, type Config } from './config.ts';
export { decide, type Decision, type Decisions, type Policy, type Rule } from './policy.ts';
export { diff, type Diff } from './diff.ts';
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
  type Touched,
} from './reach.ts';
export { compareReach, type ReachChange, type ReachDifference } from './reach-compare.ts';
export { assess, plan, type Allowance, type Assessment } from './plan.ts';
export { migrations } from './migrations.ts';
export { standings, type ExistingFile, type Standing } from './standings.ts';
export { readHeader, type KeyLine } from './header.ts';
export { initText } from './init.ts';
export { parseSnapshot } from './snapshot-reading.ts';
export { snapshotText } from './snapshot-text.ts';
