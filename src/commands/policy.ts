/** `ondelete policy import`: freezes what the models say into the text of a policy. Looks at no database, overwrites nothing. */
import { OndeleteError } from '../core/errors.ts';
import { flavors } from '../core/model.ts';
import { databaseFlags, scratchFlag, textOf, type Command } from './shared/options.ts';
import { factsFlag, modelFlags, modelsOf, policyFromFlag } from './shared/models.ts';
import { writeNewFiles } from './shared/atomic-write.ts';
import { refuseIdleScratch, schemaFacts, schemaFilesOf } from './shared/schema-files.ts';
import { configOf } from './shared/open-source.ts';
import { frozenText } from '../orm/policy.ts';

export const policyCommand: Command = {
  flags: {
    ...modelFlags,
    ...factsFlag,
    ...policyFromFlag,
    ...scratchFlag,
    database: {
      ...databaseFlags.database,
      describe: 'Of a file of SQL: which engine it is for, by its URL alone',
    },
    dialect: { type: 'string', choices: flavors, describe: 'Of a file of SQL: which engine it is for' },
    'strict-none': { type: 'boolean', describe: 'A key without an action means NO ACTION' },
    output: {
      type: 'string',
      requiresArg: true,
      describe: 'Write to this file instead of stdout; an existing one is not overwritten',
    },
  },
  async run(args, context) {
    if (textOf(args, 'action') !== 'import') {
      throw new OndeleteError(
        'USAGE',
        `there is no \`policy ${textOf(args, 'action') ?? ''}\``,
        'Say `ondelete policy import`.',
      );
    }
    const config = await configOf(args, context);
    const files =
      textOf(args, 'facts') === null ? schemaFilesOf(args, context, config, ['policyFrom', 'orm']) : null;
    refuseIdleScratch(args, files);
    const orm = textOf(args, 'policyFrom') ?? config?.policy?.from?.texts[0] ?? config?.orm?.name ?? null;
    const facts =
      files === null
        ? (await modelsOf(args, context, config, null, orm)).facts
        : await schemaFacts(files, null, args, context, config);
    const strict = args['strictNone'] === true || (config?.policy?.strictNone ?? false);
    const { text, unsaid } = frozenText(facts, strict);
    const output = textOf(args, 'output');
    if (output === null) context.stdout(text.trimEnd());
    else writeNewFiles(context.cwd, [{ path: output, content: text }]);
    const said = facts.foreignKeys.length - unsaid;
    context.log(
      `${output === null ? '' : `Wrote ${output}: `}${said} of ${facts.foreignKeys.length} keys say what a delete does; ${unsaid} say nothing and are left out.`,
    );
    for (const { place, message } of facts.errors) {
      context.log(`Read only in part: ${place === null ? '' : `${place.file}:${place.line}: `}${message}`);
    }
    return facts.errors.some(({ stage }) => stage !== 'configure') ? 1 : 0;
  },
};
