/** The report as one page that needs no network; its Content Security Policy allows none. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plan } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import type { ReachEngine, ReachFigures } from '../../reach/index.ts';
import { html, scriptJson } from '../escape.ts';
import { count } from '../layout.ts';
import type { DiffReport } from '../text/diff.ts';
import { reachPart, tiles } from './answer.ts';
import { keyTable, refusalPart } from './keys.ts';
import { pageData, pageModel } from './model.ts';
import { findingPart, planPart } from './plan.ts';

/** A page with this tag may be overwritten by the next report. */
export const generatorMark = '<meta name="generator" content="ondelete report">';

/** @returns the page as HTML text, the same for the same input */
export function reportHtml(
  report: DiffReport,
  plan: Plan | null,
  reach: readonly ReachChange[],
  engine: ReachEngine,
  figures: ReachFigures | null,
): string {
  const model = pageModel(report, reach, engine, figures);
  const style = asset('page.css');
  // One script of four files: its Content Security Policy names one hash.
  const script = ['shared', 'delete-tree', 'neighbours', 'key-table', 'page']
    .map((name) => asset(`${name}.client.js`))
    .join('\n');
  const { snapshot, findings } = report.diff;
  const { possible, refusals } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${generatorMark}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${html(`ondelete: ${report.database}`)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="note">ondelete report</p>
<h1>What a delete does in ${html(report.database)}</h1>
<p class="note">${html(snapshot.server.product)}; ${count(model.keys.length, 'foreign key')} between ${count(model.tables.length, 'table')}; policy ${html(report.policyFile)}</p>
<p class="verdict">${verdict(possible.length, refusals.length)}</p>
<div class="tiles">
${tiles(report, reach)}
</div>
</header>
<main>
<section id="deletes" aria-labelledby="deletes-title">
<h2 id="deletes-title">What a delete will do that it did not do, worst first</h2>
${reachPart(reach, model)}
</section>
${tableSection}
<section id="list" aria-labelledby="list-title">
<h2 id="list-title">Foreign keys, by rule</h2>
<div class="tools" id="filters" hidden></div>
${keyTable(model)}
</section>
${refusals.length === 0 ? '' : `<section id="refused" aria-labelledby="refused-title">\n<h2 id="refused-title">What cannot be changed yet</h2>\n${refusalPart(refusals)}\n</section>`}
<section id="steps" aria-labelledby="steps-title">
<h2 id="steps-title">The plan and its locks</h2>
${planPart(plan)}
</section>
<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
${findingPart(findings)}
</section>
</main>
<script type="application/json" id="data">${scriptJson(pageData(model))}</script>
<script>${script}</script>
</body>
</html>
`;
}

function verdict(possible: number, refusals: number): string {
  if (possible + refusals === 0) return 'Every key matches the policy.';
  const differ = `${count(possible + refusals, 'key')} ${possible + refusals === 1 ? 'differs' : 'differ'} from the policy`;
  return refusals === 0
    ? `${differ}.`
    : `${differ}; ${refusals.toLocaleString('en-US')} cannot be changed yet.`;
}

/** Filled in by the script. */
const tableSection = `<section id="table" aria-labelledby="table-title" hidden>
<h2 id="table-title" tabindex="-1">One table: what its delete does, and its neighbours</h2>
<div class="tools">
<label>Table <input id="pick" type="search" list="names" autocomplete="off" placeholder="name or part of it"></label>
<datalist id="names"></datalist>
<fieldset><legend>Show</legend><label><input type="radio" name="when" value="before"> before</label> <label><input type="radio" name="when" value="after" checked> after the changes</label></fieldset>
</div>
<p id="said" role="status"></p>
<div class="split"><div id="tree"></div><div id="around" role="group" aria-label="Neighbours"></div></div>
</section>`;

function asset(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}

/** How the Content Security Policy names a script or style that is allowed. */
function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
