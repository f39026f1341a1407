/** `ondelete generate`: from what differs to committed up and down migrations. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Source } from '../composition.ts';
import type { Change, Plan } from '../model.ts';
import { codeOf, messageOf, OndeleteError } from '../errors.ts';
import type { ExistingFile, Standing } from '../migrations.ts';
import type { Allowance, Assessment } from '../plan.ts';
import { count } from '../report/layout.ts';
import type { KeyFigures, PreviewReport } from '../report/plan-text.ts';
import type { Migration, MigrationFile, Template } from '../template.ts';
import {
  databaseFlags,
  formatFlag,
  textOf,
  textsOf,
  type Arguments,
  type Command,
  type Context,
} from './command.ts';
import { decideAll, type Decided } from './decided.ts';
import { figuresFor, orphanHazards } from './figures.ts';
import { writeNewFiles } from './output.ts';

export const generate: Command = {
  flags: {
    ...databaseFlags,
    ...formatFlag,
    tool: {
      type: 'string',
      requiresArg: true,
      describe: 'The migration tool to write for; default: the config’s, else sql',
    },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'The folder of the migrations; default: the config’s, else migrations',
    },
    'dry-run': {
      type: 'boolean',
      describe: 'Print every statement with its lock, rows, orphans and hazards; write nothing',
    },
    full: { type: 'boolean', describe: 'With --dry-run: print the files themselves as well' },
    again: { type: 'boolean', describe: 'Write a change anew although a file in the folder holds it' },
    only: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Only keys that match, such as ‘order_items -> orders’',
    },
    'skip-refused': { type: 'boolean', describe: 'Write the rest when some changes are refused (exit 1)' },
    allow: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Allow a hazard: CODE or CODE:MATCH; recorded in the file',
    },
  },
  async run(args, context) {
    const decided = await decideAll(args, context);
    try {
      return await generateFrom(decided, args, context);
    } finally {
      await decided.source.close();
    }
  },
};

/** Everything between the flags and the files that does not change any more once it is known. */
interface Work {
  readonly decided: Decided;
  readonly template: Template;
  readonly out: string;
  readonly shownOut: string;
  readonly files: readonly ExistingFile[];
  readonly allowances: readonly Allowance[];
}

async function generateFrom(decided: Decided, args: Arguments, context: Context): Promise<0 | 1 | 2> {
  const work = await prepare(decided, args, context);
  const changes = await wantedChanges(work, args);
  const { assess } = await import('../plan.ts');
  const { snapshot, dialect, session } = decided.source;
  const circumstances = session === null ? [] : await dialect.probe.circumstances(session, changes, snapshot);
  const assessment = assess(changes, snapshot, dialect, dialect.capabilities(snapshot.server), {
    allowances: work.allowances,
    circumstances,
  });
  const left = await tellLeftOut(work, args, context);
  if (args['dryRun'] === true) return preview(work, assessment, args, context, left);
  const refused = assessment.refusals.length;
  if (refused > 0) await tellRefusals(assessment, context);
  const stop = refused > 0 && args['skipRefused'] !== true;
  const { plan, files } = await freshFiles(work, assessment, args, context);
  const written = stop ? [] : files;
  writeNewFiles(work.out, written);
  if (args['format'] === 'json') await printJson(work, plan, written, [], context);
  if (stop) throw refusal(refused, changes.length);
  if (args['format'] !== 'json') for (const file of files) context.print(join(work.shownOut, file.path));
  tellDone(work, plan, files, context);
  return refused > 0 || left ? 1 : 0;
}

function tellDone(work: Work, plan: Plan, files: readonly MigrationFile[], context: Context): void {
  const { session, snapshot, label } = work.decided.source;
  if (files.length === 0) {
    if (work.decided.diff.changes.length === 0)
      context.talk('Nothing to write: every key that a rule decides is as declared.');
    return;
  }
  const howToRun = work.template.howToRun(snapshot.server.flavor, work.shownOut);
  context.talk(
    `Wrote ${count(files.length, 'file')} for ${count(plan.changes.length, 'key')}. Run: ${howToRun}`,
  );
  if (session === null) {
    context.talk(`Written from ${label}, so the server was not asked about rights and long transactions.`);
  }
}

/** What the policy wants and generate does not do: keys without a rule, broken rules, pending files that lead elsewhere. */
async function tellLeftOut(work: Work, args: Arguments, context: Context): Promise<boolean> {
  if (textsOf(args, 'only').length > 0) return false;
  const { source, diff } = work.decided;
  const policyErrors = diff.findings.filter(
    (finding) => finding.severity === 'error' && finding.code !== 'HALF_DONE',
  );
  if (policyErrors.length > 0) {
    const codes = [...new Set(policyErrors.map((finding) => finding.code))].join(', ');
    context.talk(
      `Left out: ${count(policyErrors.length, 'finding that is an error', 'findings that are errors')} (${codes}); \`ondelete diff\` lists them.`,
    );
  }
  const { contradictionText, standings } = await import('../migrations.ts');
  const astray = standings(diff.settled, work.files, work.template, source.snapshot, source.dialect).flatMap(
    (one) => (one.kind === 'contradicted' ? [one] : []),
  );
  for (const one of astray)
    context.talk(
      `Pending against the policy: ${contradictionText(one)}. Delete its files if they were never applied.`,
    );
  return policyErrors.length > 0 || astray.length > 0;
}

async function prepare(decided: Decided, args: Arguments, context: Context): Promise<Work> {
  const [{ templateFor }, { expand }] = await Promise.all([
    import('../composition.ts'),
    import('../config.ts'),
  ]);
  const { config } = decided;
  const valueOf = (name: 'tool' | 'out'): string | null => {
    const configured = config[name];
    return textOf(args, name) ?? (configured === null ? null : expand(configured, context.environment));
  };
  const template = await templateFor(valueOf('tool') ?? 'sql');
  const folder = textOf(args, 'out') === null ? dirname(config.file) : context.cwd;
  const out = resolve(folder, valueOf('out') ?? 'migrations');
  return {
    decided,
    template,
    out,
    shownOut: relative(context.cwd, out) || '.',
    files: existingFiles(out, template),
    allowances: await allowancesOf(args, decided.source),
  };
}

/** The tool's files in the folder; a folder that is not there holds none. */
function existingFiles(folder: string, template: Template): readonly ExistingFile[] {
  try {
    return readdirSync(folder)
      .sort()
      .filter((path) => template.migrationName(path) !== null)
      .map((path) => ({ path, content: readFileSync(join(folder, path), 'utf8') }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot read ${folder}: ${codeOf(error) || messageOf(error)}`,
      'Choose another folder with --out.',
    );
  }
}

async function allowancesOf(args: Arguments, source: Source): Promise<readonly Allowance[]> {
  const texts = textsOf(args, 'allow');
  if (texts.length === 0) return [];
  const [{ gradeOf, entryOf }, { readSelector }, { keyMatcher }] = await Promise.all([
    import('../hazards.ts'),
    import('../pattern.ts'),
    import('../pattern-matching.ts'),
  ]);
  return texts.map((text) => {
    const [, code = '', match] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
    if (entryOf(code)?.kind !== 'hazard' || gradeOf(code) !== 'allow') {
      throw new OndeleteError(
        'USAGE',
        `--allow ${code}: no hazard of that name can be allowed`,
        'The message that refuses a change names its code; `ondelete explain CODE` tells whether it can be allowed.',
      );
    }
    if (match === undefined) return { code, covers: () => true };
    const matches = keyMatcher(readSelector(match, '--allow'), source.dialect.names(source.snapshot.server));
    return { code, covers: (change) => matches(change.foreignKey) };
  });
}

async function wantedChanges(work: Work, args: Arguments): Promise<readonly Change[]> {
  const { source, diff } = work.decided;
  const only = textsOf(args, 'only');
  const { withOriginalName } = await import('../migrations.ts');
  const named = diff.changes.map((change) =>
    withOriginalName(change, work.files, work.template, source.snapshot.server.flavor),
  );
  if (only.length === 0) return named;
  const [{ readSelector }, { keyMatcher }] = await Promise.all([
    import('../pattern.ts'),
    import('../pattern-matching.ts'),
  ]);
  const matchers = only.map((text) =>
    keyMatcher(readSelector(text, '--only'), source.dialect.names(source.snapshot.server)),
  );
  if (!source.snapshot.foreignKeys.some((key) => matchers.some((matches) => matches(key)))) {
    throw new OndeleteError(
      'USAGE',
      `--only ${only.join(', ')} matches no foreign key`,
      '`ondelete diff` lists them.',
    );
  }
  return named.filter((change) => matchers.some((matches) => matches(change.foreignKey)));
}

function refusal(refused: number, all: number): OndeleteError {
  const which =
    refused === all ? (all === 1 ? 'the change' : `all ${all} changes`) : `${refused} of ${all} changes`;
  const others = refused === all ? '' : ', write the others with --skip-refused or --only';
  return new OndeleteError(
    'REFUSED',
    `${which} cannot be made as the policy asks; nothing was written`,
    `Follow the way out named with each${others}.`,
  );
}

async function tellRefusals(assessment: Assessment, context: Context): Promise<void> {
  const [{ refusalLines }, { paintFor }] = await Promise.all([
    import('../report/diff-text.ts'),
    import('../report/layout.ts'),
  ]);
  const paint = paintFor({ ...context.page, colour: false });
  for (const one of assessment.refusals) context.talk(refusalLines(one, context.page, paint).join('\n'));
}

/** Plan and files of what is not written yet. @throws OndeleteError PENDING_CONTRADICTION */
async function freshFiles(
  work: Work,
  assessment: Assessment,
  args: Arguments,
  context: Context,
): Promise<{ readonly plan: Plan; readonly files: readonly MigrationFile[] }> {
  const { contradictionText, migrations, runnerHazards, standings } = await import('../migrations.ts');
  const { plan: planFor } = await import('../plan.ts');
  const { snapshot, dialect } = work.decided.source;
  const standing = standings(assessment.possible, work.files, work.template, snapshot, dialect);
  const against = standing.find((one) => one.kind === 'contradicted');
  if (against?.kind === 'contradicted') {
    throw new OndeleteError(
      'PENDING_CONTRADICTION',
      `${contradictionText(against)}; nothing was written`,
      'Apply its files first, or delete all of them if they were never applied anywhere.',
    );
  }
  const again = args['again'] === true;
  if (!again) tellWritten(standing, work, context);
  const fresh = standing.flatMap((one) => (again || one.kind === 'new' ? [one.change] : []));
  const emit = await dialect.emitter();
  const capabilities = dialect.capabilities(snapshot.server);
  const plain = planFor(
    { ...assessment, possible: fresh },
    snapshot,
    emit,
    capabilities,
    work.template.runner,
    work.allowances,
  );
  const plan = { ...plain, hazards: [...plain.hazards, ...runnerHazards(plain, work.template)] };
  const set: readonly Migration[] = migrations(plan, snapshot, work.template, {
    name: textOf(args, 'name'),
    now: context.now,
    existing: work.files.flatMap((file) => work.template.migrationName(file.path) ?? []),
  });
  return { plan, files: set.flatMap((migration) => work.template.render(migration)) };
}

function tellWritten(standing: readonly Standing[], work: Work, context: Context): void {
  const paths = new Map<string, number>();
  for (const one of standing) if (one.kind === 'written') paths.set(one.path, (paths.get(one.path) ?? 0) + 1);
  for (const [path, keys] of paths) {
    const what = keys === 1 ? 'One change is' : `${keys} changes are`;
    context.talk(
      `${what} written already: ${join(work.shownOut, path)}. Apply it; or, if your tool says that it is applied, the key was changed since, and --again writes the change anew.`,
    );
  }
}

async function preview(
  work: Work,
  assessment: Assessment,
  args: Arguments,
  context: Context,
  left: boolean,
): Promise<0 | 1 | 2> {
  const { plan, files } = await freshFiles(work, assessment, args, context);
  const figures = await figuresFor(plan, work.decided.source, context);
  if (args['format'] === 'json') await printJson(work, plan, files, figures, context);
  else {
    const { previewText } = await import('../report/plan-text.ts');
    const lines = previewText(reportOf(work, plan, files, figures), context.page, args['full'] === true);
    context.print(lines.join('\n'));
  }
  if (plan.refusals.length === 0) return left ? 1 : 0;
  return args['skipRefused'] === true ? 1 : 2;
}

async function printJson(
  work: Work,
  plan: Plan,
  files: readonly MigrationFile[],
  figures: readonly KeyFigures[],
  context: Context,
): Promise<void> {
  const { previewJson } = await import('../report/json.ts');
  context.print(previewJson(reportOf(work, plan, files, figures)));
}

function reportOf(
  work: Work,
  plan: Plan,
  files: readonly MigrationFile[],
  figures: readonly KeyFigures[],
): PreviewReport {
  const { source } = work.decided;
  return {
    database: source.label,
    plan: { ...plan, hazards: [...plan.hazards, ...orphanHazards(figures, plan.server.flavor)] },
    figures,
    files: files.map((file) => ({ ...file, path: join(work.shownOut, file.path) })),
    howToRun: work.template.howToRun(source.snapshot.server.flavor, work.shownOut),
  };
}
