// What the package ships, made from what tsc has compiled: the command line and the library in a few files each, with the small
// libraries inside, so that an installation fetches little and a command loads fast; and the library's declarations.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Stay outside: what package.json lists for users, and so comes from their node_modules or is asked for by name. */
const external = ['pg', 'mysql2', 'better-sqlite3', '@electric-sql/*', 'jiti'];

/**
 * @param {string} dist an absolute folder with the compiled modules and the assets beside them
 * @returns {Promise<void>} writes dist/bundle/: main.js and index.js with their chunks, cjs/ for `require`, types/, LICENSES.txt
 */
export async function bundle(dist) {
  const esbuild = await import('esbuild');
  const out = join(dist, 'bundle');
  /** @type {import('esbuild').BuildOptions & { metafile: true }} */
  const shared = {
    absWorkingDir: dist,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const command = await esbuild.build({
    ...shared,
    entryPoints: [join(dist, 'src/main.js'), join(dist, 'src/index.js')],
    outdir: out,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    plugins: [atTheirPlace(dist, '../', 'import.meta.url')],
  });
  await esbuild.build({
    ...shared,
    entryPoints: [join(dist, 'src/index.js')],
    outfile: join(out, 'cjs/index.js'),
    format: 'cjs',
    // jest and other hosts of CommonJS cannot always import(); all that stays outside can be required.
    supported: { 'dynamic-import': false },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [atTheirPlace(dist, '../../', 'bundleUrl')],
  });
  writeFileSync(join(out, 'cjs/package.json'), '{ "type": "commonjs" }\n');
  for (const folder of ['types', 'cjs/types']) copyDeclarations(dist, join(out, folder));
  writeFileSync(join(out, 'LICENSES.txt'), licenses(command.metafile, dist));
}

/**
 * Our modules find the assets beside them by `import.meta.url`, and go on finding them where tsc's output is.
 * @param {string} dist @param {string} toDist from the bundled file @param {string} itself an expression: the URL of the bundled file
 * @returns {import('esbuild').Plugin}
 */
function atTheirPlace(dist, toDist, itself) {
  return {
    name: 'at-their-place',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        const inside = relative(dist, path);
        if (inside.startsWith('..')) return null;
        const url = `new URL(${JSON.stringify(toDist + inside.split(sep).join('/'))}, ${itself}).href`;
        return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'js' };
      });
    },
  };
}

/** The declarations that the library's own reach, and no others. @param {string} dist @param {string} target */
function copyDeclarations(dist, target) {
  const seen = new Set(['src/index.d.ts']);
  for (const file of seen) {
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/from '(\.[^']*)\.ts'/g))
      seen.add(join(dirname(file), `${path}.d.ts`));
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
}

/** What the licences of the libraries inside ask for: their texts. @param {import('esbuild').Metafile} metafile @param {string} dist */
function licenses({ inputs }, dist) {
  const folders = Object.keys(inputs).flatMap(
    (file) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(dist, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(dist, folder)).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} has no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(dist, folder, file), 'utf8').trim()}\n`;
  });
  return `The files in this folder contain these libraries.\n\n${texts.join(`\n${'-'.repeat(70)}\n\n`)}`;
}
