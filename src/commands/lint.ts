/** `ondelete lint`: findings about the database, the policy and, when asked for, the models. */
import { relative } from 'node:path';
import type { Config } from '../config/read.ts';
import { severities, type Severity } from '../core/codes/index.ts';
import type { Source } from '../registry.ts';
import type { Finding, ForeignKey } from '../core/model.ts';
import { decide, type Decision } from '../policy/decide.ts';
import { modelLines, type ModelSection } from '../report/text/models.ts';
import {
  databaseFlags,
  formatFlagOf,
  scratchFlag,
  type Arguments,
  type Command,
  type Context,
} from './shared/options.ts';
import { asConfigured, idleIgnores, noSettings } from '../config/severities.ts';
import { baselined, baselineFlag, writeBaseline, writeBaselineFlag } from './shared/baseline.ts';
import { asksForModels, factsFlag, modelFlags, policyFromFlag } from './shared/models.ts';
import { pathRulesOf, brokenPathRules, refuseIdleScratch, policyFromModels } from './shared/compare.ts';
import { configOf, openSource, policyIn } from './shared/open-source.ts';
import { baselineLines, findingLines } from '../report/text/diff.ts';
import { diff } from '../diff/diff.ts';
import { exclusion } from '../config/scope.ts';
import { findingData, modelData } from '../report/json.ts';
import { printProblems } from './shared/annotations.ts';
import { count, pageFor } from '../report/layout.ts';
import { modelSection } from './shared/lint-models.ts';
import { databaseFindings } from './shared/lint-database.ts';

export const lint: Command = {
  flags: {
    ...databaseFlags,
    ...formatFlagOf('text', 'json', 'github', 'sarif'),
    ...baselineFlag,
    ...writeBaselineFlag,
    ...modelFlags,
    ...factsFlag,
    ...policyFromFlag,
    ...scratchFlag,
    'fail-on': {
      type: 'string',
      choices: severities,
      default: 'error',
      describe: 'The least severe finding that makes the exit code 1',
    },
  },
  async run(args, context) {
    const config = await configOf(args, context);
    await refuseIdleScratch(args, context);
    const source = await openSource(args, context, config);
    try {
      const { decisions, findings: found } = await looked(config, source, args, context);
      const read = await modelPart(args, context, config, source, decisions);
      const settings = config?.findings ?? noSettings;
      const names = source.engine.names(source.snapshot.server);
      const idle = idleIgnores(
        [...found, ...(read?.findings ?? [])],
        settings,
        source.snapshot,
        names,
      ).filter(
        // Of a saved snapshot, and without models, some things are not looked for.
        (one) => source.connection !== null && (read !== null || !one.subject.startsWith('ORM_')),
      );
      const configured = asConfigured([...found, ...idle], settings, source.snapshot, names);
      const models =
        read === null
          ? null
          : { ...read, findings: asConfigured(read.findings, settings, source.snapshot, names) };
      writeBaseline(configured, args, context);
      const { fresh: findings, known } = baselined(configured, args, context);
      const all = [...findings, ...(models?.findings ?? [])];
      if (args['format'] === 'json') {
        const report = {
          version: 1,
          report: 'lint',
          database: source.label,
          findings: findings.map(findingData),
          baseline: { known: known.map(findingData) },
          models: models === null ? null : modelData(models),
        };
        context.stdout(JSON.stringify(report, null, 2));
      } else if (args['format'] === 'github' || args['format'] === 'sarif') {
        const file = config === null ? '.' : relative(context.cwd, config.file);
        printProblems({ possible: [], refusals: [], findings: all }, file, args, context);
      } else {
        const page = pageFor(context.terminal);
        const lines = [
          ...findingLines(findings, page),
          ...baselineLines(known, [], page),
          ...(models === null ? [] : modelLines(models, context.terminal)),
          all.length === 0
            ? 'No findings.'
            : `${severities.map((severity) => count(all.filter((one) => one.severity === severity).length, severity === 'info' ? 'note' : severity)).join(', ')}.`,
        ];
        context.stdout(lines.join('\n'));
      }
      return exitCodeOf(all, args['failOn'] as Severity);
    } finally {
      await source.close();
    }
  },
};

async function modelPart(
  args: Arguments,
  context: Context,
  config: Config | null,
  source: Source,
  decisions: readonly Decision[],
): Promise<ModelSection | null> {
  if (!asksForModels(args)) return null;
  return modelSection(args, context, config, source, decisions);
}

async function looked(
  config: Config | null,
  source: Source,
  args: Arguments,
  context: Context,
): Promise<{ readonly decisions: readonly Decision[]; readonly findings: readonly Finding[] }> {
  const { snapshot, engine: dialect } = source;
  const names = dialect.names(snapshot.server);
  const excluded = exclusion(config?.exclude ?? [], names, context.environment);
  const policy = policyIn(args, context, config);
  const spoken = policy === null ? null : await policyFromModels(policy, args, context, config, source);
  const decided =
    spoken === null
      ? {
          decisions: snapshot.foreignKeys.filter((key) => !excluded(key.child)).map(asItIs),
          findings: [],
        }
      : decide(spoken.policy, snapshot, names, (a, b) => dialect.sameAction(a, b), excluded);
  const paths = policy === null ? null : await pathRulesOf(policy, source);
  const onPolicy = [...decided.findings, ...(spoken?.findings ?? []), ...brokenPathRules(paths, source)];
  const compared = diff(source.schema, decided.decisions, onPolicy, dialect);
  const ofDatabase = await databaseFindings(source, compared, decided.decisions, context);
  return { decisions: decided.decisions, findings: [...compared.findings, ...ofDatabase] };
}

/** Without a policy every key may be what it is. */
function asItIs(foreignKey: ForeignKey): Decision {
  return { foreignKey, rule: null, wanted: 'keep' };
}

function exitCodeOf(findings: readonly Finding[], failOn: Severity): 0 | 1 {
  const counts = severities.slice(0, severities.indexOf(failOn) + 1);
  return findings.some((finding) => counts.includes(finding.severity)) ? 1 : 0;
}
