// A process that runs ondelete's built commands as it is asked to, one message each: hundreds of calls, one start.
/** @type {typeof import('../../src/commands/index.ts')} */
const { commands } = await import(new URL('../../dist/src/commands/index.js', import.meta.url).href);
/** @type {typeof import('../../src/core/errors.ts')} */
const { codeOf, messageOf } = await import(new URL('../../dist/src/core/errors.js', import.meta.url).href);

process.on('message', (/** @type {import('./command.ts').Request} */ request) => {
  void answer(request).then((result) => process.send?.({ number: request.number, result }));
});
process.on('disconnect', () => process.exit(0));

/** @param {import('./command.ts').Request} request @returns {Promise<import('../support/cli.ts').CliResult>} */
async function answer({ name, args, cwd }) {
  let stdout = '';
  let stderr = '';
  const context = {
    cwd,
    environment: {},
    now: new Date(),
    quiet: true,
    terminal: { columns: 80, color: false },
    stdout: (/** @type {string} */ text) => void (stdout += `${text}\n`),
    log: (/** @type {string} */ text) => void (stderr += `${text}\n`),
    progress: () => undefined,
    onInterrupt: () => () => undefined,
  };
  try {
    const entry = commands.find(({ usage }) => usage.split(' ')[0] === name);
    if (entry === undefined) throw new Error(`there is no command ${name}`);
    const command = await entry.load();
    const code = await command.run({ format: 'json', failOn: 'error', ...args }, context);
    return { code, stdout, stderr };
  } catch (error) {
    return { code: 2, stdout, stderr: `${stderr}${codeOf(error)} ${messageOf(error)}` };
  }
}
