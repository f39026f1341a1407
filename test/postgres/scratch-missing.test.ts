// A rehearsal without a server, where PGlite is not installed.
import { expect, jest, test } from '@jest/globals';

test.each([
  ['MODULE_NOT_FOUND', 'and PGlite is not installed'],
  ['ERR_DLOPEN_FAILED', 'and PGlite cannot be loaded: broken'],
])('PGlite that fails with %s', async (code, why) => {
  jest.resetModules();
  jest.unstable_mockModule('@electric-sql/pglite', () => {
    throw Object.assign(new Error('broken'), { code });
  });
  const { scratch } = await import('../../dialects/postgres/scratch/index.ts');
  const server = { flavor: 'postgres', product: 'PostgreSQL 18.0', version: [18, 0], settings: {} } as const;
  const request = {
    url: null,
    target: null,
    server,
    timeoutMilliseconds: 1,
    commandLineClient: false,
    onMade: () => undefined,
  };
  await expect(scratch.open(request)).rejects.toMatchObject({
    code: 'SCRATCH_MISSING',
    message: expect.stringContaining(why) as unknown,
    help: expect.stringContaining('--scratch') as unknown,
  });
});
