// How VitePress builds the pages of the repository: the contents of docs/index.md are the sidebar, search works without network.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [, ...chapters] = readFileSync(`${root}docs/index.md`, 'utf8').split(/^## /m);

export default {
  title: 'ondelete',
  description: 'Declare once what a delete should do; get reversible migrations for live foreign keys.',
  srcDir: root,
  srcExclude: [
    '{test,bench,scripts,src,dialects,migrations-templates,dist,site,.cache}/**',
    'examples/{demo,shop,ci}/**',
    'LICENSE',
  ],
  outDir: `${root}site`,
  cacheDir: `${root}.cache/vitepress`,
  base: process.env.DOCS_BASE ?? '/',
  rewrites: { 'README.md': 'index.md' },
  // Files that are no pages: scripts/docs.mjs puts them beside.
  ignoreDeadLinks: [/\/examples\/(ci|template|demo)\//],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Contents', link: '/docs/' },
      { text: 'Quick start', link: '/docs/quick-start' },
      { text: 'Codes', link: '/docs/codes' },
    ],
    sidebar: chapters.map((chapter) => ({
      text: chapter.split('\n', 1)[0],
      items: [...chapter.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, text, target]) => ({
        text,
        link: `/docs/${target.replace('.md', '')}`,
      })),
    })),
    outline: [2, 3],
  },
};
