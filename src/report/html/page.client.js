// What the reader does: choose a table, switch between before and after.
const pick = document.getElementById('pick');

function showTable() {
  document.getElementById('said').textContent = showTree();
  showNeighbours();
}

function choose(table) {
  state.table = table;
  pick.value = tables[table];
  showTable();
}

/** The table of that name, else the first whose name holds the word. */
function found(word) {
  const names = tables.map((name) => name.toLowerCase());
  const exact = names.indexOf(word);
  return exact >= 0 ? exact : names.findIndex((name) => name.includes(word));
}

pick.addEventListener('input', () => {
  const at = tables.indexOf(pick.value);
  if (at >= 0) choose(at);
});
pick.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  const word = pick.value.trim().toLowerCase();
  const at = word === '' ? -1 : found(word);
  if (at >= 0) choose(at);
  else document.getElementById('said').textContent = `No table is called ${pick.value}.`;
});
for (const input of document.querySelectorAll('input[name=when]'))
  input.addEventListener('change', () => {
    state.when = input.value;
    showTable();
  });
document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-go], button[data-filter]');
  if (button === null) return;
  if (button.dataset.filter !== undefined) return filterBy(button.dataset.filter);
  choose(Number(button.dataset.go));
  document.getElementById('table').scrollIntoView();
  document.getElementById('table-title').focus({ preventScroll: true });
});
document.getElementById('names').append(...tables.map((name) => element('option', { value: name })));
makeFilters();
showKeys();
if (tables.length > 0) {
  document.getElementById('table').hidden = false;
  choose(state.table);
}
