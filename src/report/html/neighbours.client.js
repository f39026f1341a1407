// The neighbourhood of one table: its parents above, its children below, each with the columns and actions of its keys.
const mostParents = 8;
const mostChildren = 16;

function showNeighbours() {
  const { table } = state;
  const own = keys.filter(({ child, parent }) => child === table || parent === table);
  const parents = neighbours(
    own.filter(({ child, parent }) => child === table && parent !== table),
    'parent',
  );
  const children = neighbours(
    own.filter(({ parent }) => parent === table),
    'child',
  );
  document
    .getElementById('around')
    .replaceChildren(
      element('h3', { text: 'Its neighbours' }),
      ...layer('parents', 'Points to', parents, mostParents),
      element('p', { class: 'chosen', text: tables[table] }),
      ...layer('children', 'Pointed to by', children, mostChildren),
    );
}

const rank = (key) =>
  ['cascade', 'set-null', 'set-default', 'restrict', 'no-action'].indexOf(slug(actionOf(key)));

/** The tables at the other end, those with changed keys first, then by what the delete does there. */
function neighbours(own, end) {
  const byTable = new Map();
  for (const key of own) byTable.set(key[end], [...(byTable.get(key[end]) ?? []), key]);
  const found = [...byTable].map(([table, its]) => ({
    table,
    keys: its.sort((a, b) => rank(a) - rank(b)),
    changes: its.some(({ will }) => will !== null),
  }));
  return found.sort(
    (a, b) =>
      Number(b.changes) - Number(a.changes) ||
      rank(a.keys[0]) - rank(b.keys[0]) ||
      tables[a.table].localeCompare(tables[b.table]),
  );
}

/** Parents: title, boxes, line; children the other way round. */
function layer(name, title, found, most) {
  const number = found.length === 0 ? 'no other table' : count(found.length, 'table');
  const heading = element('p', { class: 'layer-title', text: `${title} ${number}` });
  if (found.length === 0) return [heading];
  const boxes = element('ul', { class: `layer ${name}` }, ...found.slice(0, most).map(box));
  const left = found.length - most;
  const more = element('button', {
    type: 'button',
    'data-filter': tables[state.table],
    text: `${count(left, 'more table')}: in the list of keys`,
  });
  const parts = [heading, ...(left > 0 ? [more] : []), boxes, element('span', { class: 'stem' })];
  return name === 'parents' ? parts : parts.reverse();
}

function box({ table, keys: its, changes }) {
  const lines = its.map(({ columns, now, will, refused, text }) => {
    const action = (text) => element('span', { class: `action ${slug(text)}`, text });
    return element(
      'small',
      { title: text },
      ...breakable(columns),
      element('br'),
      ...(will === null ? [action(now)] : [action(now), ' → ', action(will)]),
      refused ? ' cannot be changed yet' : null,
    );
  });
  const name =
    table === state.table
      ? element('strong', { text: 'itself' })
      : element('button', { type: 'button', class: 'go', 'data-go': table }, ...breakable(tables[table]));
  return element(
    'li',
    { class: `box ${slug(actionOf(its[0]))}${changes ? ' changes' : ''}` },
    name,
    ...lines,
  );
}

/** How far the line beside the rows goes: from the first row's line to the last one's. */
function measureLayers() {
  for (const layer of document.querySelectorAll('.layer')) {
    const [first, last] = [layer.firstElementChild, layer.lastElementChild];
    const end = layer.classList.contains('parents') ? 'bottom' : 'top';
    const far = last.getBoundingClientRect()[end] - first.getBoundingClientRect()[end];
    layer.style.setProperty('--trunk', `${far}px`);
    layer.classList.toggle('rows', far > 1);
  }
}

new ResizeObserver(measureLayers).observe(document.getElementById('around'));
