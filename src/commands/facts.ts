/** `ondelete facts`: what the models of an application say, as JSON. Looks at no database. */
import { factsText } from '../orm/facts.ts';
import { refuseOutput, writeText } from './shared/atomic-write.ts';
import { configOf } from './shared/open-schema.ts';
import { type Context, type ExitCode, offlineFlags, type OfflineOptions } from './shared/options.ts';
import { logUnread, offlineFacts, schemaFilesOf } from './shared/schema-files.ts';

export const flags = offlineFlags;
export { offlineOptions as parseOptions } from './shared/options.ts';

export async function run(options: OfflineOptions, context: Context): Promise<ExitCode> {
  const { orm, output } = options;
  refuseOutput(output, context);
  const config = await configOf(options, context);
  const files = orm === null ? null : schemaFilesOf([orm], context, config);
  const facts = await offlineFacts(files, options, config?.orm?.name ?? null, context, config);
  writeText(factsText(facts), output, context);
  if (output !== null)
    context.log(
      `Wrote ${output}: ${facts.tables.length} tables, ${facts.foreignKeys.length} foreign keys, ${facts.relationships.length} relationships.`,
    );
  logUnread(facts, context);
  return facts.errors.length === 0 ? 0 : 1;
}
