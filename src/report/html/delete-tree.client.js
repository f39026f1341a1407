// The delete of one table as a tree: what each key leads on to, with rows and, from the second step on, the path.
const atFirst = 12;
const mostAtOnce = 40;

function showTree() {
  const place = document.getElementById('tree');
  const visits = visitsOf(state.table);
  place.replaceChildren(element('h3', { text: 'Its delete' }));
  if (visits === null) {
    place.append(element('p', { text: 'Too large for this page. Ask for it: ondelete reach TABLE' }));
    return 'Too large for this page.';
  }
  const below = new Map();
  visits.forEach(([, , , from], at) => {
    if (!below.has(from)) below.set(from, []);
    below.get(from).push(at);
  });
  const other = visitsOf(state.table, state.when === 'after' ? 'before' : 'after');
  const known = new Set((other ?? visits).map(([table, effect]) => `${table} ${effect}`));
  const tree = { visits, below, known };
  if (visits.length === 0) place.append(element('p', { text: 'No other table is affected.' }));
  else place.append(branch(tree, -1, [tables[state.table]]));
  if (below.size > 1) {
    const all = element('button', { type: 'button', id: 'open-all', text: 'Open all' });
    all.addEventListener('click', () => openAll(place));
    place.append(all);
  }
  const gone = missing(visits, other ?? visits);
  if (gone.length > 0 && state.when === 'after')
    place.append(element('p', { class: 'note', text: `No longer: ${listed(gone)}` }));
  return summary(visits);
}

/** The tables that one key leads on to. */
function branch(tree, from, path) {
  const list = element('ul');
  // What is new first.
  const isNew = (at) => !tree.known.has(`${tree.visits[at][0]} ${tree.visits[at][1]}`);
  const places = (tree.below.get(from) ?? []).sort((a, b) => Number(isNew(b)) - Number(isNew(a)) || a - b);
  const add = (begin, most) => {
    for (const at of places.slice(begin, begin + most)) list.append(node(tree, at, path));
    const left = places.length - begin - most;
    if (left <= 0) return;
    const more = element('button', { type: 'button', text: count(left, 'more table') });
    const item = element('li', { class: 'leaf' }, more);
    more.addEventListener('click', () => {
      item.remove();
      add(begin + most, mostAtOnce);
    });
    list.append(item);
  };
  add(0, atFirst);
  return list;
}

function node(tree, at, path) {
  const [table, effect, key, , number, onUpdate, median, worst] = tree.visits[at];
  const { name, verb } = effects[effect];
  const way = [...path, tables[table]];
  const over = keys[key];
  const action = onUpdate === 1 ? 'ON UPDATE' : actionOf(over);
  const facts = [
    `by ${over.columns} ${action}`,
    ...(number > 1 ? [`and ${count(number - 1, 'more key')}`] : []),
    ...(effect === 3 ? [] : [rowsText(median, worst)].filter((one) => one !== '')),
  ];
  const isNew = !tree.known.has(`${table} ${effect}`);
  const line = [
    element('span', { class: `effect ${name}`, text: verb }),
    ' ',
    element('strong', { text: tables[table] }),
    isNew ? element('em', { class: 'new', text: state.when === 'after' ? 'new' : 'no longer after' }) : null,
    element('small', { text: facts.join('; ') }),
    path.length > 1 ? element('small', { class: 'path', text: way.join(' → ') }) : null,
  ];
  if (!tree.below.has(at)) return element('li', { class: 'leaf' }, ...line);
  const fold = element('details', {}, element('summary', {}, ...line));
  fold.addEventListener('toggle', () => fill(fold));
  fold.fill = () => branch(tree, at, way);
  return element('li', {}, fold);
}

/** A branch is made when it is opened first. */
function fill(fold) {
  if (fold.open && fold.querySelector(':scope > ul') === null) fold.append(fold.fill());
}

/** Opens level after level, to a bound: thousands of lines help nobody. */
function openAll(place) {
  for (let opened = 0; opened < 300;) {
    const closed = [...place.querySelectorAll('details:not([open])')].slice(0, 300 - opened);
    if (closed.length === 0) return;
    for (const fold of closed) {
      fold.open = true;
      fill(fold);
    }
    opened += closed.length;
  }
}

const missing = (visits, other) => {
  const here = new Set(visits.map(([table, effect]) => `${table} ${effect}`));
  return other.filter(([table, effect]) => !here.has(`${table} ${effect}`));
};

function listed(visits) {
  const names = visits.slice(0, 6).map(([table, effect]) => `${effects[effect].verb} ${tables[table]}`);
  const left = visits.length - names.length;
  return `${names.join(', ')}${left > 0 ? ` and ${left.toLocaleString('en-US')} more` : ''}`;
}

/** One sentence: what happens, and what stops it. */
function summary(visits) {
  const name = tables[state.table];
  const of = (...wanted) => [
    ...new Set(visits.filter(([, effect]) => wanted.includes(effect)).map(([table]) => table)),
  ];
  const [deleted, set, refusing] = [of(0), of(1, 2), of(3)];
  const parts = [
    ...(deleted.length > 0 ? [`deletes rows in ${count(deleted.length, 'table')}`] : []),
    ...(set.length > 0 ? [`sets columns in ${count(set.length, 'table')}`] : []),
    ...(refusing.length > 0
      ? [
          `is refused by rows in ${refusing.length === 1 ? tables[refusing[0]] : count(refusing.length, 'table')}`,
        ]
      : []),
  ];
  return parts.length === 0
    ? `Deleting one row of ${name} affects no other table.`
    : `Deleting one row of ${name} ${parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`}.`;
}
