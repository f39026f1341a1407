// The page's own script: it runs in a browser, reads the data beside it and changes classes. Text goes in as text only.
'use strict';
const { tables, keys, before, after } = JSON.parse(document.getElementById('data').textContent);
const picture = document.getElementById('picture');
const detail = document.getElementById('detail');
const found = document.getElementById('found');
const search = document.getElementById('search');
const nodes = new Map(
  [...picture.querySelectorAll('.table')].map((node) => [Number(node.dataset.table), node]),
);
const edges = new Map([...picture.querySelectorAll('.key')].map((node) => [Number(node.dataset.key), node]));
const rows = [...document.querySelectorAll('#keys tr[data-key]')];
const whole = {
  x: -10,
  y: -10,
  w: Number(picture.dataset.width) + 20,
  h: Number(picture.dataset.height) + 20,
};
let view = { ...whole };
let chosen = null;

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  parent.append(made);
  return made;
}

function show() {
  picture.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`);
}

function zoom(factor, at = { x: view.x + view.w / 2, y: view.y + view.h / 2 }) {
  const w = Math.min(Math.max(view.w * factor, 200), whole.w * 2);
  const real = w / view.w;
  view = { x: at.x - (at.x - view.x) * real, y: at.y - (at.y - view.y) * real, w, h: view.h * real };
  show();
}

function pointAt(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
  return { x: point.x, y: point.y };
}

// A picture that is readable as a whole stays where it is.
function bringToView(node) {
  if (whole.w <= 1000 && view.w >= whole.w) return;
  const place = node.transform.baseVal[0].matrix;
  const box = node.querySelector('rect');
  const [x, y] = [place.e + box.width.baseVal.value / 2, place.f + 15];
  const w = Math.min(view.w, 800);
  const h = (w * whole.h) / whole.w;
  view = { x: x - w / 2, y: y - h / 2, w, h };
  show();
}

const when = () => (document.body.classList.contains('before') ? before : after);
const effects = [
  ['deleted', 'Deletes rows in'],
  ['set', 'Sets columns to NULL in'],
  ['set', 'Sets columns to their default in'],
  ['stops', 'Refused by rows in'],
];

function choose(table, options = {}) {
  chosen = table;
  for (const node of nodes.values()) node.classList.remove('chosen', 'deleted', 'set', 'stops');
  for (const node of edges.values()) node.classList.remove('on');
  picture.classList.toggle('choosing', table !== null && nodes.has(table));
  detail.replaceChildren();
  if (table === null) {
    element('h3', 'Reach', detail);
    element('p', 'Choose a table to see what deleting one of its rows affects.', detail);
    return;
  }
  nodes.get(table)?.classList.add('chosen');
  element('h3', `Deleting one row of ${tables[table]}`, detail);
  if (!nodes.has(table)) element('p', 'This table is not in the graph.', detail);
  const touched = when()[table];
  if (touched === null) {
    element('p', 'Too large for this page: run ondelete reach.', detail);
  } else {
    showReach(touched);
  }
  element('h3', 'Its keys', detail);
  const list = element('ul', null, detail);
  for (const [child, parent, text] of keys)
    if (child === table || parent === table) element('li', text, list);
  if (options.focus) detail.focus({ preventScroll: true });
}

function showReach(touched) {
  const other = (when() === after ? before : after)[chosen];
  const known = new Set((other ?? touched).map(([table, effect]) => `${table} ${effect}`));
  const ways = new Map(touched.filter(([, effect]) => effect === 0).map(([table, , key]) => [table, key]));
  if (touched.length === 0) element('p', 'No other table is affected.', detail);
  effects.forEach(([style, title], effect) => {
    const those = touched.filter((one) => one[1] === effect);
    if (those.length === 0) return;
    element('h3', `${title} ${those.length === 1 ? 'one table' : `${those.length} tables`}`, detail);
    const list = element('ul', null, detail);
    for (const [table, , key, depth] of those) {
      const item = element('li', tables[table], list);
      const is = when() === after ? 'new' : 'no longer after the changes';
      if (!known.has(`${table} ${effect}`)) element('strong', ` (${is})`, item);
      const node = nodes.get(table);
      if (node !== undefined && !['deleted', 'set', 'stops'].some((one) => node.classList.contains(one)))
        node.classList.add(style);
      const path = pathTo(key, ways);
      for (const one of path) edges.get(one)?.classList.add('on');
      const steps = [tables[chosen], ...path.map((one) => tables[keys[one][0]])];
      if (depth > 1) element('span', steps.join(' → '), item).className = 'path';
    }
  });
}

function pathTo(key, ways) {
  const path = [];
  for (let at = key; at !== undefined && at >= 0 && path.length < 2000;) {
    path.unshift(at);
    const parent = keys[at][1];
    if (parent === chosen) break;
    at = ways.get(parent);
  }
  return path;
}

function seek(first) {
  const word = search.value.trim().toLowerCase();
  const hits = tables.flatMap((name, at) => (word !== '' && name.toLowerCase().includes(word) ? [at] : []));
  const hit = new Set(hits);
  for (const [at, node] of nodes) node.classList.toggle('hit', hit.has(at));
  let shown = 0;
  for (const row of rows) {
    const fits = word === '' || keys[Number(row.dataset.key)][2].toLowerCase().includes(word);
    row.hidden = !fits;
    if (fits) shown += 1;
  }
  found.textContent =
    word === ''
      ? ''
      : `${hits.length} ${hits.length === 1 ? 'table' : 'tables'}, ${shown} ${shown === 1 ? 'key' : 'keys'} in the list below. Enter chooses the first table.`;
  if (!first || hits.length === 0) return;
  const best =
    hits.find((at) => tables[at].toLowerCase() === word) ?? hits.find((at) => nodes.has(at)) ?? hits[0];
  go(best);
}

function go(table) {
  const node = nodes.get(table);
  if (node !== undefined) bringToView(node);
  choose(table, { focus: true });
}

search.addEventListener('input', () => seek(false));
search.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') seek(true);
});
for (const input of document.querySelectorAll('input[name=when]')) {
  input.addEventListener('change', () => {
    document.body.className = input.value;
    choose(chosen);
  });
}
for (const [table, node] of nodes) {
  node.addEventListener('click', () => {
    if (!moved) choose(table);
  });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose(table);
  });
}
document.getElementById('keys').addEventListener('click', (event) => {
  const button = event.target.closest('button[data-go]');
  if (button === null) return;
  go(Number(button.dataset.go));
  document.getElementById('graph').scrollIntoView();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && chosen !== null) choose(null);
});
document.getElementById('in').addEventListener('click', () => zoom(0.7));
document.getElementById('out').addEventListener('click', () => zoom(1.4));
document.getElementById('fit').addEventListener('click', () => {
  view = { ...whole };
  show();
});
picture.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.15 : 0.87, pointAt(event));
  },
  { passive: false },
);
let grip = null;
let moved = false;
picture.addEventListener('pointerdown', (event) => {
  grip = pointAt(event);
  moved = false;
});
addEventListener('pointermove', (event) => {
  if (grip === null) return;
  const now = pointAt(event);
  if (!moved && Math.hypot(now.x - grip.x, now.y - grip.y) < 4) return;
  moved = true;
  view = { ...view, x: view.x + grip.x - now.x, y: view.y + grip.y - now.y };
  show();
});
addEventListener('pointerup', () => {
  grip = null;
});
let seen = null;
addEventListener('beforeprint', () => {
  seen = { ...view };
  view = { ...whole };
  show();
});
addEventListener('afterprint', () => {
  if (seen !== null) view = seen;
  show();
});
