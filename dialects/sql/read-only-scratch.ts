/** A server on which nothing can be made is no place for a scratch database. */
import { OndeleteError } from '../../src/core/errors.ts';

/** @param readOnly why nothing can be changed there, as `identify` says; null on a primary */
export function refuseReadOnlyScratch(readOnly: string | null): void {
  if (readOnly === null) return;
  throw new OndeleteError(
    'READ_ONLY_NODE',
    `no scratch database can be made where --scratch points: ${readOnly}`,
    'Name a primary, best a server of your own machine.',
  );
}
