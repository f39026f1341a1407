/** `ondelete facts`: what the models of an application say, as JSON. Looks at no database. */
import { modelFlags, modelsOf } from './shared/models.ts';
import { writeNewFiles } from './shared/atomic-write.ts';
import { databaseFlags, scratchFlag, textOf, type Command } from './shared/options.ts';
import { refuseIdleScratch, schemaFacts, schemaFilesOf } from './shared/schema-files.ts';
import { configOf } from './shared/open-source.ts';
import { flavors } from '../core/model.ts';
import { factsText } from '../orm/facts.ts';

export const factsCommand: Command = {
  flags: {
    ...modelFlags,
    ...scratchFlag,
    database: {
      ...databaseFlags.database,
      describe: 'Of a file of SQL: which engine it is for, by its URL alone',
    },
    dialect: {
      type: 'string',
      choices: flavors,
      describe: 'The kind of database the models are for: names of constraints, SQLite’s pragma',
    },
    output: {
      type: 'string',
      requiresArg: true,
      describe: 'Write to this file instead of stdout; an existing one is not overwritten',
    },
  },
  async run(args, context) {
    const config = await configOf(args, context);
    const flavor = flavors.find((each) => each === args['dialect']) ?? null;
    const files = textOf(args, 'orm') === null ? null : schemaFilesOf(args, context, config, ['orm']);
    refuseIdleScratch(args, files);
    const facts =
      files === null
        ? (await modelsOf(args, context, config, flavor, config?.orm?.name ?? null)).facts
        : await schemaFacts(files, null, args, context, config);
    const output = textOf(args, 'output');
    const text = factsText(facts);
    if (output === null) context.stdout(text.trimEnd());
    else {
      writeNewFiles(context.cwd, [{ path: output, content: text }]);
      const counted = `${facts.tables.length} tables, ${facts.foreignKeys.length} foreign keys, ${facts.relationships.length} relationships`;
      context.log(`Wrote ${output}: ${counted}.`);
    }
    for (const { place, message } of facts.errors) {
      context.log(`Read only in part: ${place === null ? '' : `${place.file}:${place.line}: `}${message}`);
    }
    return facts.errors.length === 0 ? 0 : 1;
  },
};
