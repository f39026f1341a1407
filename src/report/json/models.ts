/** Findings about models for machines: what every finding has, and the key, the row of the truth table and the edits. */
import { findingData } from './diff.ts';
import type { ModelSection } from '../text/models.ts';

/** The `models` part of a lint report. */
export function modelData(section: ModelSection): object {
  const { orm, source, keys, relationships, ignored, notes, findings } = section;
  return { orm, source, keys, relationships, ignored, notes, findings: findings.map(findingData) };
}
