// The table of keys: filters, sorting, and no more rows than somebody wants to see.
const keyTable = document.getElementById('keys');
const groups = [...keyTable.tBodies].map((body) => ({
  body,
  head: body.rows[0],
  title: body.rows[0].querySelector('code')?.textContent ?? 'Not changed',
  rows: [...body.rows].slice(1).map((row) => ({ row, key: keys[Number(row.dataset.key)] })),
  isOpen: false,
}));
const flat = keyTable.createTBody();
const filter = { word: '', now: '', will: '', rule: '', column: null, down: false, most: 60 };
const texts = [
  ({ child }) => tables[child],
  ({ columns }) => columns,
  ({ parent }) => tables[parent],
  ({ now }) => now,
  ({ will }) => will ?? '',
];

const fits = ({ now, text, will }) =>
  (filter.word === '' || text.toLowerCase().includes(filter.word)) &&
  (filter.now === '' || now === filter.now) &&
  (filter.will === '' || (filter.will === 'any change' ? will !== null : filter.will === (will ?? 'as now')));

function showKeys() {
  const isFiltered = filter.word + filter.now + filter.will + filter.rule !== '';
  const all = groups.map((group, at) => ({
    group,
    rows: filter.rule === '' || Number(filter.rule) === at ? group.rows.filter(({ key }) => fits(key)) : [],
  }));
  const found = all.reduce((sum, { rows }) => sum + rows.length, 0);
  const isSorted = filter.column !== null;
  let left = filter.most;
  for (const { group, rows } of all) {
    const few = groups.length <= 12 ? 5 : 2;
    const most = isSorted ? 0 : Math.min(left, group.isOpen || isFiltered ? Infinity : few);
    const shown = new Set(rows.slice(0, most).map(({ row }) => row));
    left -= isSorted ? 0 : Math.min(left, shown.size + 1);
    for (const { row } of group.rows) {
      row.hidden = !shown.has(row);
      group.body.append(row);
    }
    group.head.hidden = isSorted || shown.size === 0;
    group.more.hidden = rows.length <= shown.size;
    group.more.textContent = `Show all ${rows.length.toLocaleString('en-US')}`;
  }
  if (isSorted) {
    const text = texts[filter.column];
    const sorted = all.flatMap(({ rows }) => rows);
    sorted.sort(
      (a, b) => text(a.key).localeCompare(text(b.key), 'en', { numeric: true }) * (filter.down ? -1 : 1),
    );
    for (const { row } of sorted.slice(0, filter.most)) {
      row.hidden = false;
      flat.append(row);
    }
  }
  const shown = keyTable.querySelectorAll('tr[data-key]:not([hidden])').length;
  document.getElementById('found').textContent =
    `${found === keys.length ? count(found, 'key') : `${found.toLocaleString('en-US')} of ${count(keys.length, 'key')}`}, ${shown.toLocaleString('en-US')} shown`;
  document.getElementById('more').hidden = shown >= found;
  [...keyTable.tHead.rows[0].cells].forEach((cell, at) => {
    if (filter.column === at) cell.setAttribute('aria-sort', filter.down ? 'descending' : 'ascending');
    else cell.removeAttribute('aria-sort');
  });
}

function choiceOf(id, name, options) {
  const select = element(
    'select',
    { id },
    ...options.map(([value, text]) => element('option', { value, text })),
  );
  select.addEventListener('change', () => {
    filter[id] = select.value;
    showKeys();
  });
  return element('label', { text: `${name} ` }, select);
}

function makeFilters() {
  const word = element('input', {
    id: 'word',
    type: 'search',
    autocomplete: 'off',
    placeholder: 'table or column',
  });
  word.addEventListener('input', () => {
    filter.word = word.value.trim().toLowerCase();
    showKeys();
  });
  const actions = (texts) =>
    [...new Set(texts)]
      .filter((one) => one !== null)
      .sort()
      .map((one) => [one, one]);
  const place = document.getElementById('filters');
  place.append(
    element('label', { text: 'Search ' }, word),
    choiceOf('rule', 'Rule', [['', 'all'], ...groups.map(({ title }, at) => [String(at), title])]),
    choiceOf('now', 'Now', [['', 'all'], ...actions(keys.map(({ now }) => now))]),
    choiceOf('will', 'Will be', [
      ['', 'all'],
      ['any change', 'any change'],
      ['as now', 'as now'],
      ...actions(keys.map(({ will }) => will)),
    ]),
    element('span', { id: 'found', role: 'status' }),
  );
  place.hidden = false;
  [...keyTable.tHead.rows[0].cells].forEach((cell, at) => {
    const sort = element('button', { type: 'button', text: cell.textContent });
    sort.addEventListener('click', () => {
      // Up, down, and by rule again.
      const next = filter.column !== at ? [at, false] : filter.down ? [null, false] : [at, true];
      [filter.column, filter.down] = next;
      showKeys();
    });
    cell.replaceChildren(sort);
  });
  for (const group of groups) {
    group.more = element('button', { type: 'button' });
    group.more.addEventListener('click', () => {
      group.isOpen = true;
      filter.most += group.rows.length;
      showKeys();
    });
    group.head.cells[0].append(' ', group.more);
  }
  const more = element('button', { type: 'button', id: 'more', text: 'Show more keys' });
  more.addEventListener('click', () => {
    filter.most += 200;
    for (const group of groups) group.isOpen = true;
    showKeys();
  });
  keyTable.after(more);
}

/** All keys of one table, from elsewhere on the page. */
function filterBy(text) {
  const word = document.getElementById('word');
  word.value = text;
  filter.word = text.toLowerCase();
  showKeys();
  document.getElementById('list').scrollIntoView();
}
