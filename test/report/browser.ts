// Debian's Chromium, headless. Where it is missing the tests are skipped loudly; in CI that is an error.
import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';

/** The path of the browser, or null. @throws in CI, where .ci/run installs it */
export function chromiumPath(): string | null {
  const path = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
  if (path !== '') return path;
  if (process.env['CI'] === 'true') throw new Error('chromium is missing: apt-get install chromium');
  process.stderr.write(
    '\nNO CHROMIUM: the page of `ondelete report` is not tested (apt-get install chromium)\n',
  );
  return null;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
