// jest's global teardown: stops what its set-up started.
export default async function tearDown() {
  const run = Reflect.get(globalThis, 'ondeleteTestRun');
  await run?.stop();
}
