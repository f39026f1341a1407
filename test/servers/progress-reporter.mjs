// jest's own progress without its summary, which reporter.mjs prints: the name `default` would bring both.
import { DefaultReporter, VerboseReporter } from '@jest/reporters';

/** @param {import('@jest/types').Config.GlobalConfig} config */
export default function ProgressReporter(config) {
  return new (config.verbose ? VerboseReporter : DefaultReporter)(config);
}
