/** `ondelete policy import`: freezes what the models say into the text of a policy. Looks at no database, overwrites nothing. */
import { OndeleteError } from '../core/errors.ts';
import { frozenText } from '../orm/policy/policy-text.ts';
import { count } from '../report/layout.ts';
import { refuseOutput, writeText } from './shared/atomic-write.ts';
import { configOf } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  type ExitCode,
  factsFlag,
  isSet,
  offlineFlags,
  offlineOptions,
  type OfflineOptions,
  policyFromFlag,
  textOf,
} from './shared/options.ts';
import { logUnread, offlineFacts, schemaFilesOf } from './shared/schema-files.ts';

interface PolicyImportOptions extends OfflineOptions {
  readonly action: string;
  readonly strictNone: boolean;
}

export const flags = {
  ...offlineFlags,
  ...factsFlag,
  ...policyFromFlag,
  'strict-none': { type: 'boolean', describe: 'A key without an action means NO ACTION' },
} as const;

export function parseOptions(argv: Arguments): PolicyImportOptions {
  return {
    ...offlineOptions(argv),
    action: textOf(argv, 'action') ?? '',
    strictNone: isSet(argv, 'strictNone'),
  };
}

export async function run(options: PolicyImportOptions, context: Context): Promise<ExitCode> {
  const { action, orm, output, policyFrom } = options;
  if (action !== 'import')
    throw new OndeleteError('USAGE', `there is no \`policy ${action}\``, 'Use `ondelete policy import`.');
  refuseOutput(output, context);
  const config = await configOf(options, context);
  const flag = policyFrom.length > 0 || orm === null ? policyFrom : [orm];
  const files = options.facts === null ? schemaFilesOf(flag, context, config) : null;
  const named = policyFrom[0] ?? config?.policy?.from?.texts[0] ?? config?.orm?.name ?? null;
  const facts = await offlineFacts(files, options, named, context, config);
  const strictNone = options.strictNone || (config?.policy?.strictNone ?? false);
  const { text, unsaid, unconstrained } = frozenText(facts, strictNone);
  writeText(text, output, context);
  const all = facts.foreignKeys.length;
  context.log(
    `${output === null ? '' : `Wrote ${output}: `}${count(all, 'key')}: ${all - unsaid} with what a delete does, ${unsaid} without and left out.`,
  );
  if (unconstrained > 0)
    context.log(
      `For ${unconstrained} of them the models ask for no foreign key in the database: their rules are optional, and decide nothing until it has one.`,
    );
  logUnread(facts, context);
  return facts.errors.some(({ stage }) => stage !== 'configure') ? 1 : 0;
}
