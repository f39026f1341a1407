// Given to Node with --import: writes down every module that the process loads, to the file ONDELETE_MODULE_RECORD.
import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

const file = process.env.ONDELETE_MODULE_RECORD;
if (file === undefined) throw new Error('ONDELETE_MODULE_RECORD names no file');
writeFileSync(file, '');

// ES modules, and the CommonJS ones that they import, pass a hook on a thread of its own.
const hook = `import { appendFileSync } from 'node:fs';
export function load(url, context, next) {
  appendFileSync(${JSON.stringify(file)}, url + '\\n');
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

// What CommonJS modules require of each other is in their cache at the end.
process.on('exit', () => {
  const { cache } = createRequire(import.meta.url);
  appendFileSync(file, `${Object.keys(cache).join('\n')}\n`);
});
