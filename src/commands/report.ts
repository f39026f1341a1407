/** `ondelete report`: one page for people, with the picture, the reach of each table, the plan and the findings. */
import { databaseFlags, textOf, type Command } from './shared/options.ts';
import { compare } from './shared/compare.ts';
import { policyFlags } from './shared/models.ts';
import { replaceOwn } from './shared/replace-own.ts';
import { assess } from '../plan/plan.ts';
import { planFor } from './shared/diff-formats.ts';
import { reportHtml, generatorMark } from '../report/html/index.ts';

export const reportCommand: Command = {
  flags: {
    ...databaseFlags,
    ...policyFlags,
    output: {
      type: 'string',
      requiresArg: true,
      default: 'ondelete-report.html',
      describe: 'The page to write; an older report is replaced, any other file is not',
    },
  },
  async run(args, context) {
    const decided = await compare(args, context);
    const { source, diff } = decided;
    try {
      const { snapshot, schema, engine: dialect } = source;
      const assessment = assess(diff.changes, schema, dialect, dialect.capabilities(snapshot.server), {
        allowances: [],
        circumstances: [],
        paths: decided.paths,
      });
      context.progress('laying out the picture');
      const page = await reportHtml(
        {
          database: source.label,
          policyFile: decided.policyFile,
          diff,
          possible: assessment.possible,
          refusals: assessment.refusals,
          exitCode: diff.changes.length > 0 ? 1 : 0,
          known: [],
          gone: [],
          run: null,
        },
        await planFor(decided, assessment, args, context),
        dialect,
      );
      context.progress('');
      const output = textOf(args, 'output') ?? 'ondelete-report.html';
      replaceOwn(
        context.cwd,
        { path: output, content: page },
        (text) => text.includes(generatorMark),
        'report',
      );
      context.log(`Wrote ${output}: open it in a browser; it needs no network.`);
      return 0;
    } finally {
      await source.close();
    }
  },
};
