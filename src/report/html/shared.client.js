// The page's own script, in five files that become one: it runs in a browser and reads the data beside it. Text goes in as text only.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const { tables } = data;
const keys = data.keys.map(([child, parent, columns, now, will, refused, text], number) => ({
  number,
  child,
  parent,
  columns,
  now,
  will,
  refused: refused === 1,
  text,
}));
const effects = [
  { name: 'deleted', verb: 'deletes' },
  { name: 'set', verb: 'sets to NULL' },
  { name: 'set', verb: 'sets to default' },
  { name: 'stops', verb: 'refuses' },
];

/** The chosen table, and whether the page shows deletes before or after the changes. */
const state = { table: data.first, when: 'after' };

function visitsOf(table, when = state.when) {
  const after = data.after[table];
  return when === 'before' || after === 'same' ? data.before[table] : after;
}

const element = (name, { text, class: style, ...rest } = {}, ...children) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (style !== undefined) made.className = style;
  for (const [key, value] of Object.entries(rest)) made.setAttribute(key, value);
  made.append(...children.filter((one) => one !== null));
  return made;
};

const count = (number, noun, plural = `${noun}s`) =>
  `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`;

/** A name that breaks after `_` and `.` if it has to break. */
const breakable = (name) =>
  name.split(/(?<=[_.])/).flatMap((part, at) => (at === 0 ? [part] : [element('wbr'), part]));

/** The action that a key has at the moment that is shown. */
const actionOf = ({ now, will, refused }) =>
  state.when === 'after' && will !== null && !refused ? will : now;
const slug = (action) => action.replace(/ \(.*/, '').toLowerCase().replace(' ', '-');

function rowsText(median, worst) {
  const rows = (number) => count(Math.max(0, number), 'row');
  if (median === null) return worst === null ? '' : `${rows(worst)} at worst`;
  if (worst === null) return `about ${rows(median)}`;
  return median === worst
    ? `up to ${rows(worst)}`
    : `about ${rows(median)}, ${worst.toLocaleString('en-US')} at worst`;
}
