/** @type {import('jest').Config} */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Two cores are what CI has, and every worker waits for servers and child processes a good part of its time.
  maxWorkers: 4,
  testSequencer: '<rootDir>/test/servers/sequencer.mjs',
  testTimeout: 120_000,
  globalSetup: '<rootDir>/test/servers/jest-setup.mjs',
  globalTeardown: '<rootDir>/test/servers/jest-teardown.mjs',
  reporters: ['<rootDir>/test/servers/progress-reporter.mjs', '<rootDir>/test/servers/reporter.mjs'],
};
