/** What a comment is made of. Types only. */
import type { Commands } from '../../core/contracts/template.ts';
import type { Change, Finding, Plan, Refusal, Server } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import type { EditReport } from '../text/edits.ts';
import type { KeyFigures } from '../text/plan.ts';

export interface MarkdownReport {
  readonly database: string;
  readonly server: Server;
  readonly policyFile: string;
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
  /** How many findings the baseline holds. */
  readonly known: number;
  /** What the changes mean for deletes, worst first. */
  readonly reach: readonly ReachChange[];
  /** Null where no steps can be written, such as for an unknown tool. */
  readonly plan: Plan | null;
  readonly figures: readonly KeyFigures[];
  /** The files that were or would be written; empty for `diff`. */
  readonly files: readonly string[];
  readonly commands: Commands | null;
  /** What the models have to say then; null where none are in sight. */
  readonly models: EditReport | null;
  /** The command that prints everything. */
  readonly wholeList: string;
}
