/**
 * An example of each code of the catalogue, for `explain` and the documentation. A test makes each schema on a real server and runs the
 * command, so an example that does not show its code fails. What takes more than a schema says where it is tested.
 */
import type { Code } from '../index.ts';
import { findingExamples } from './findings.ts';
import { hazardExamples } from './hazards.ts';
import type { Example } from './schemas.ts';

export const examples: Readonly<Record<Exclude<Code, `ORM_${string}`>, Example>> = {
  ...findingExamples,
  ...hazardExamples,
};
