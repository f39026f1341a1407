// docs/policy-examples.md: behind every policy stands what diff prints for it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openProject } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const page = join(import.meta.dirname, '../../docs/policy-examples.md');
const written = readFileSync(page, 'utf8');
const [, schema = ''] = /^```sql\n([^]*?)^```$/m.exec(written) ?? [];
const example = /(?<=^```yaml\n)([^]*?)^```\n+(?:```text\n[^]*?^```\n+)?/gm;

const place = openProject(ondelete);
place.sqlite(schema);
afterAll(() => place.remove());

async function shown(policy: string): Promise<string> {
  place.write('ondelete.config.yaml', policy);
  const { stdout, code } = await place.run(['diff', '-d', 'shop.db', '--quiet']);
  // The first line names the database and the server.
  const report = stdout.replace(/^.*\n\n/, '').trimEnd();
  return `\`\`\`text\n${report}\n(exit ${code})\n\`\`\`\n\n`;
}

test('every policy of the page does what is shown behind it', async () => {
  const policies = [...written.matchAll(example)].map(([, policy = '']) => policy);
  expect(policies.length).toBeGreaterThan(10);
  const outputs: string[] = [];
  for (const policy of policies) outputs.push(await shown(policy));
  let at = 0;
  const fresh = written.replace(example, (_, policy: string) => `${policy}\`\`\`\n\n${outputs[at++] ?? ''}`);
  if (process.env['UPDATE'] === '1') writeFileSync(page, `${fresh.trimEnd()}\n`);
  else expect(`${fresh.trimEnd()}\n`).toBe(written);
});
