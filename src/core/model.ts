/** The domain: plain, readonly, JSON-serialisable data. References between tables are names, never pointers. Types, and the lists that they come from. */
export * from './model/snapshot.ts';
export * from './model/change.ts';
export * from './model/plan.ts';
