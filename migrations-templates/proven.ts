/** What `npm run tools -- --update` saw: written by the run, never by hand. */
export interface ProvenRun {
  readonly tool: string;
  readonly version: string;
  /** `postgres-18`. */
  readonly server: string;
  /** The tool has a way back, and took it. */
  readonly down: boolean;
}

export const provenRuns: readonly ProvenRun[] = [];
