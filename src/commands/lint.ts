/** `ondelete lint`: findings about the database, the policy and, when asked for, the models. */
import { relative } from 'node:path';
import type { Config } from '../config/read.ts';
import { asConfigured, idleIgnores, noSettings } from '../config/severities.ts';
import { OndeleteError } from '../core/errors.ts';
import type { Finding } from '../core/model.ts';
import { type LintInput, viewsOf } from '../orm/lint/key-views.ts';
import { wantedEdits } from '../orm/lint/edits-after.ts';
import { lintModels } from '../orm/lint/lint.ts';
import type { SchemaSource } from '../schema-source.ts';
import type { Format } from '../report/formats.ts';
import { lintJson } from '../report/json.ts';
import { leftOutText } from '../report/text/edits.ts';
import { allFindings, type LintReport, lintText } from '../report/text/lint.ts';
import type { ModelSection } from '../report/text/models.ts';
import { annotations } from './shared/annotations.ts';
import { refuseExisting } from './shared/atomic-write.ts';
import { failFlags, failOptions, type FailOptions, isFailing, withBaseline } from './shared/baseline.ts';
import { type SourceOptions, decideAndDiff, policyFacts } from './shared/compare.ts';
import { databaseFindings } from './shared/lint-database.ts';
import { locateEdits, noModelsToPatch, patchFlag, writePatch } from './shared/model-edits.ts';
import { lintInput, type Models, modelsInSight, titleOf } from './shared/models.ts';
import { configOf, emptyPolicy, openSchema } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type ExitCode,
  factsFlag,
  formatFlag,
  formatOf,
  isSet,
  modelFlags,
  policyFromFlag,
  policyOptions,
  scratchFlag,
  textOf,
} from './shared/options.ts';
import { withoutFindingsOf } from './shared/without-repeats.ts';
import { refuseUnusedScratch, schemaFilesOf } from './shared/schema-files.ts';

interface LintOptions extends SourceOptions, FailOptions {
  readonly format: Format;
  readonly advice: boolean;
  readonly patch: string | null;
}

export const flags = {
  ...databaseFlags,
  ...formatFlag('text', 'json', 'github', 'sarif'),
  ...failFlags,
  ...modelFlags,
  advice: {
    type: 'boolean' as const,
    describe: 'For each relationship of the models: leave its deletes to the database or to the ORM, and why',
  },
  ...factsFlag,
  ...policyFromFlag,
  ...scratchFlag,
  ...patchFlag,
};

export function parseOptions(argv: Arguments): LintOptions {
  return {
    ...databaseOptions(argv),
    ...policyOptions(argv),
    ...failOptions(argv),
    format: formatOf(argv),
    advice: isSet(argv, 'advice'),
    patch: textOf(argv, 'patch'),
  };
}

export async function run(options: LintOptions, context: Context): Promise<ExitCode> {
  const config = await configOf(options, context);
  refuseUnusedScratch(options, schemaFilesOf(options.policyFrom, context, config));
  if (options.patch !== null) refuseExisting(options.patch, context);
  const source = await openSchema(options, context, config);
  try {
    const found = await lint(source, options, context, config);
    if (options.patch !== null) patchModels(found, options.patch, context);
    const { fresh, known } = withBaseline(found.findings, options, context);
    const report = { database: source.label, findings: fresh, known, models: found.section };
    // Where findings without a place of their own point: to the config, or without one to the folder.
    const policyFile = config === null ? '.' : relative(context.cwd, config.file);
    context.stdout(printed(report, policyFile, options.format, context));
    return allFindings(report).some((finding) => isFailing(finding, options.failOn)) ? 1 : 0;
  } finally {
    await source.close();
  }
}

interface Found {
  readonly findings: readonly Finding[];
  /** Both null where neither a flag nor the config names them: the application's code is not run then. */
  readonly models: Models | null;
  readonly section: ModelSection | null;
}

/** All findings, with the severities that the config gives them. */
async function lint(
  source: SchemaSource,
  options: LintOptions,
  context: Context,
  config: Config | null,
): Promise<Found> {
  const { snapshot, engine } = source;
  const policy = config?.policy ?? (options.policyFrom.length > 0 ? emptyPolicy : null);
  const models = await modelsInSight(
    options,
    context,
    config,
    engine.flavor,
    options.patch !== null || options.advice,
  );
  if (options.advice && models === null)
    throw new OndeleteError('USAGE', '--advice needs models', 'Name them with --orm or --facts.');
  const facts =
    policy === null ? null : (await policyFacts(policy, options, context, config, source, models)).facts;
  const { decisions, diff } = await decideAndDiff(policy, facts, source, config, context);
  const found = [...diff.findings, ...(await databaseFindings(source, diff, decisions, context))];
  // of an application that was asked what its connections do, a guess says nothing
  const isAsked = models !== null && models.facts.sqliteForeignKeys !== null;
  const section =
    models === null
      ? null
      : modelSection(models, lintInput(models, source, decisions, context, config), options);
  const ofDatabase = withoutFindingsOf(found, section?.findings ?? []).filter(
    ({ code }) => !(isAsked && code === 'FOREIGN_KEYS_PRAGMA'),
  );
  const settings = config?.findings ?? noSettings;
  const names = engine.names(snapshot.server);
  const idle = idleIgnores([...ofDatabase, ...(section?.findings ?? [])], settings, snapshot, names).filter(
    // Of a saved snapshot, and without models, some things are not looked for.
    (one) => source.connection !== null && (models !== null || !one.subject.startsWith('ORM_')),
  );
  return {
    findings: asConfigured([...ofDatabase, ...idle], settings, snapshot, names),
    models,
    section:
      section === null
        ? null
        : { ...section, findings: asConfigured(section.findings, settings, snapshot, names) },
  };
}

/** Edits whose place is certain; the others are told one by one. */
function patchModels({ models, section }: Found, file: string, context: Context): void {
  if (models === null || section === null) throw noModelsToPatch();
  const located = locateEdits(models, wantedEdits(section.findings));
  writePatch(located, file, context);
  for (const one of located.report.leftOut) context.log(leftOutText(one));
}

/** The models beside the live keys. */
function modelSection(models: Models, input: LintInput, { advice }: LintOptions): ModelSection {
  const { adapter, facts } = models;
  if (advice && adapter.advise === undefined) {
    const help = 'Leave the flag out; the findings say what to edit.';
    throw new OndeleteError('USAGE', `--advice is not there for ${adapter.title}`, help);
  }
  const { findings, ignored } = lintModels(adapter, input);
  return {
    orm: titleOf(models),
    source: facts.source,
    deletes: adapter.deletes,
    keys: facts.foreignKeys.length,
    relationships: facts.relationships.length,
    findings,
    ignored: ignored.length,
    notes: facts.notes,
    advice: advice ? (adapter.advise?.(viewsOf(input)) ?? []) : null,
  };
}

function printed(report: LintReport, policyFile: string, format: Format, context: Context): string {
  if (format === 'json') return lintJson(report);
  if (format === 'github' || format === 'sarif') {
    const problems = { possible: [], refusals: [], findings: allFindings(report) };
    return annotations(problems, policyFile, format, context);
  }
  return lintText(report, context.terminal).join('\n');
}
