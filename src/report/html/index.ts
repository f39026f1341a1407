/** The report as one page that needs no network; its Content Security Policy allows none. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Plan, referentialActions } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import type { ReachEngine } from '../../reach/index.ts';
import type { DiffReport } from '../text/diff.ts';
import { html, scriptJson } from '../escape.ts';
import { type PageModel, pageModel } from './model.ts';
import { findingPart, keyTable, planPart, reachPart, refusalPart } from './parts.ts';
import { picture, slug } from './picture.ts';
import { count } from '../layout.ts';

/** A page with this tag may be overwritten by the next report. */
export const generatorMark = '<meta name="generator" content="ondelete report">';

/** @returns the page as HTML text, the same for the same input */
export async function reportHtml(
  report: DiffReport,
  plan: Plan | null,
  reach: readonly ReachChange[],
  engine: ReachEngine,
): Promise<string> {
  const model = pageModel(report, plan, engine);
  const [style, script] = [asset('page.css'), asset('page.client.js')];
  const { snapshot, findings } = report.diff;
  const svg = await picture(model);
  const changed = report.possible.length + report.refusals.length;
  const data = {
    tables: model.tables.map((table) => table.name),
    keys: model.keys.map((key) => [key.child, key.parent, key.text]),
    before: model.before,
    after: model.after,
  };
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
<body class="after">
<header>
<h1>What a delete does in ${html(report.database)}</h1>
<p>${html(snapshot.server.product)}; ${count(model.keys.length, 'foreign key')} between ${count(model.tables.length, 'table')}; policy ${html(report.policyFile)}: <strong>${changed === 0 ? 'every key matches the policy' : `${count(report.possible.length, 'key')} to change${report.refusals.length === 0 ? '' : `, ${report.refusals.length} cannot be changed`}`}</strong></p>
<nav aria-label="Parts of the page"><a href="#deletes">Deletes</a> <a href="#graph">Graph</a> <a href="#list">Keys</a> <a href="#steps">Plan</a> <a href="#findings">Findings</a></nav>
</header>
<main>
<section id="deletes" aria-labelledby="deletes-title">
<h2 id="deletes-title">What a delete will do after these changes, worst first</h2>
${reachPart(reach)}
</section>
${graphSection(model, svg)}
<section id="list" aria-labelledby="list-title">
<h2 id="list-title">Foreign keys</h2>
${keyTable(model)}
${report.refusals.length === 0 ? '' : `<h3>Cannot be changed yet</h3>\n${refusalPart(report.refusals)}`}
</section>
<section id="steps" aria-labelledby="steps-title">
<h2 id="steps-title">The plan and its locks</h2>
${planPart(plan)}
</section>
<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
${findingPart(findings)}
</section>
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The picture, with what to show of it and what a chosen table reaches. */
function graphSection(model: PageModel, svg: string): string {
  const left = model.tables.length - model.picture.length;
  return `<section id="graph" aria-labelledby="graph-title">
<h2 id="graph-title">Tables and keys</h2>
<div class="tools">
<fieldset><legend>Show</legend><label><input type="radio" name="when" value="before"> before</label> <label><input type="radio" name="when" value="after" checked> after the changes</label></fieldset>
<label class="search">Search <input id="search" type="search" autocomplete="off" placeholder="table or column"></label>
<span class="zoom"><button type="button" id="in" aria-label="Larger">+</button> <button type="button" id="out" aria-label="Smaller">−</button> <button type="button" id="fit">Show all</button></span>
</div>
<p id="found" role="status"></p>
<ul class="legend">${referentialActions.map((one) => `<li><svg viewBox="0 0 44 12" width="44" height="12" aria-hidden="true"><g class="key" data-before="${slug(one)}" data-after="${slug(one)}"><path class="line" d="M2 6H42"/></g></svg> ${one}</li>`).join('')}<li><svg viewBox="0 0 44 12" width="44" height="12" aria-hidden="true"><g class="key changed" data-before="no-action" data-after="no-action"><path class="line" d="M2 6H42"/></g></svg> thick: changes</li></ul>
<div class="split">
<div class="frame">${svg}</div>
<aside id="detail" aria-live="polite" tabindex="-1"><h3>Reach</h3><p>Choose a table in the graph or in the list to see what deleting one of its rows affects.</p></aside>
</div>
<p class="note">${left === 0 ? 'Every table with a foreign key, or referenced by one, is drawn.' : `The graph shows ${model.picture.length} tables: those of keys that change, and their neighbours. The other ${left.toLocaleString('en-US')} are in the list and in the search.`} Arrows point to the parent, on the left.</p>
</section>`;
}

function asset(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}

/** How the Content Security Policy names a script or style that is allowed. */
function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
