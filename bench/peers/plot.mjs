// One picture of what was measured, drawn by hand: a panel for each engine, seconds over tables, both logarithmic.

/** @typedef {import('./measure.mjs').Measured} Measured @typedef {import('./measure.mjs').Row} Row */

export const engineNames = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB', sqlite: 'SQLite' };

const panel = { width: 540, height: 400, left: 60, right: 166, top: 44, bottom: 44 };
const inner = {
  width: panel.width - panel.left - panel.right,
  height: panel.height - panel.top - panel.bottom,
};

/** The same colour for a tool in every panel. @type {Readonly<Record<string, string>>} */
const colours = {
  'ondelete diff': '#0b57d0',
  'ondelete generate': '#0b57d0',
  Atlas: '#b3261e',
  Skeema: '#7a5c00',
  migra: '#8e24aa',
  TypeORM: '#e8590c',
  MikroORM: '#2e7d32',
  Alembic: '#00838f',
  'drizzle-kit': '#c2185b',
  Django: '#5d4037',
};
const grey = '#6b7280';

/** @typedef {{ tables: number, seconds: number, isOver: boolean }} Point */
/** @typedef {{ label: string, kind: Row['kind'], points: readonly Point[] }} Line */

/** @param {readonly Measured[]} all */
export function plot(all) {
  const engines = [...new Set(all.map(({ engine }) => engine))];
  const columns = Math.min(2, engines.length);
  const rows = Math.ceil(engines.length / columns);
  const scale = scaleOf(all);
  const panels = engines.map((engine, at) => {
    const ofEngine = all.filter((one) => one.engine === engine);
    const [x, y] = [(at % columns) * panel.width, Math.floor(at / columns) * panel.height];
    return `<g transform="translate(${x} ${y})">${drawPanel(ofEngine, scale)}</g>`;
  });
  const [width, height] = [columns * panel.width, rows * panel.height];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" role="img" aria-label="Seconds over tables, for each engine and tool">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${panels.join('\n')}
</svg>
`;
}

/** @param {readonly Measured[]} all */
function scaleOf(all) {
  const seconds = all.flatMap(({ limit, rows }) =>
    rows.flatMap((row) => (row.isOver ? [limit] : row.seconds === null ? [] : [row.seconds])),
  );
  const tables = all.map((one) => one.tables);
  const [left, right] = [Math.min(...tables), Math.max(...tables, Math.min(...tables) * 10)];
  const [low, high] = [10 ** Math.floor(Math.log10(Math.min(...seconds))), Math.max(...seconds) * 1.3];
  const along = (/** @type {number} */ value, /** @type {number} */ from, /** @type {number} */ to) =>
    Math.log(value / from) / Math.log(to / from);
  return {
    tables: [...new Set(tables)].sort((a, b) => a - b),
    seconds: [0.001, 0.01, 0.1, 1, 10, 100, 1000].filter((tick) => tick >= low && tick <= high),
    x: (/** @type {number} */ value) => panel.left + along(value, left, right) * inner.width,
    y: (/** @type {number} */ value) => panel.top + (1 - along(value, low, high)) * inner.height,
  };
}

/** @param {readonly Measured[]} ofEngine @returns {readonly Line[]} ours last, so that it lies on top */
function linesOf(ofEngine) {
  const sizes = [...ofEngine].sort((a, b) => a.tables - b.tables);
  const tools = [...new Map(sizes.flatMap(({ rows }) => rows.map((row) => [row.label, row.kind])))];
  const lines = tools.map(([label, kind]) => ({
    label,
    kind,
    points: sizes.flatMap(({ limit, rows, tables }) => {
      const row = rows.find((one) => one.label === label);
      const seconds = row?.isOver === true ? limit : row?.seconds;
      return seconds == null ? [] : [{ tables, seconds, isOver: row?.isOver === true }];
    }),
  }));
  const drawn = lines.filter(({ points }) => points.length > 0);
  return [...drawn.filter(({ kind }) => kind !== 'ours'), ...drawn.filter(({ kind }) => kind === 'ours')];
}

/** @param {readonly Measured[]} ofEngine @param {ReturnType<typeof scaleOf>} scale */
function drawPanel(ofEngine, scale) {
  const [first] = ofEngine;
  const lines = linesOf(ofEngine);
  const right = panel.left + inner.width;
  const floor = panel.top + inner.height;
  const grid = [
    ...scale.seconds.map((tick) => {
      const y = scale.y(tick).toFixed(1);
      return `<path d="M${panel.left} ${y}H${right}" stroke="#e5e7eb"/><text x="${panel.left - 8}" y="${y}" dy="4" text-anchor="end" fill="#374151">${tick} s</text>`;
    }),
    ...scale.tables.map((tick) => {
      const x = scale.x(tick).toFixed(1);
      return `<path d="M${x} ${panel.top}V${floor}" stroke="#e5e7eb"/><text x="${x}" y="${floor + 18}" text-anchor="middle" fill="#374151">${tick.toLocaleString('en-US')}</text>`;
    }),
  ];
  const title = `<text x="${panel.left}" y="24" font-size="15" font-weight="600" fill="#111827">${first?.server ?? ''}</text>`;
  const axis = `<text x="${panel.left + inner.width / 2}" y="${floor + 36}" text-anchor="middle" fill="#374151">tables, with two keys each</text>`;
  return [title, axis, ...grid, ...lines.map((line) => drawLine(line, scale)), ...labels(lines, scale)].join(
    '\n',
  );
}

/** @param {Line} line */
const styleOf = ({ kind, label }) => {
  const colour = colours[label] ?? grey;
  if (kind === 'ours') return { colour, width: 3.5, dash: label === 'ondelete diff' ? '' : '7 4' };
  return { colour, width: 1.5, dash: kind === 'peer' ? '' : '2 4' };
};

/** @param {Line} line @param {ReturnType<typeof scaleOf>} scale */
function drawLine(line, scale) {
  const { colour, dash, width } = styleOf(line);
  const at = line.points.map(
    ({ seconds, tables }) => `${scale.x(tables).toFixed(1)} ${scale.y(seconds).toFixed(1)}`,
  );
  const path = `<path d="M${at.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`;
  const marks = line.points.map(({ isOver }, index) => {
    const [x = '', y = ''] = at[index]?.split(' ') ?? [];
    return isOver
      ? `<path d="M${x} ${Number(y) - 7}l6 10h-12z" fill="#ffffff" stroke="${colour}" stroke-width="1.5"/>`
      : `<circle cx="${x}" cy="${y}" r="${width}" fill="${colour}"/>`;
  });
  return [path, ...marks].join('');
}

/** Beside the last point of each line, pushed apart where they would lie on each other. @param {readonly Line[]} lines @param {ReturnType<typeof scaleOf>} scale */
function labels(lines, scale) {
  const apart = 15;
  const x = panel.left + inner.width + 24;
  const ends = lines
    .map((line) => {
      const last = line.points.at(-1) ?? { tables: 1, seconds: 1, isOver: false };
      return {
        line,
        last,
        from: { x: scale.x(last.tables), y: scale.y(last.seconds) },
        y: scale.y(last.seconds),
      };
    })
    .sort((a, b) => a.y - b.y);
  // Downwards first, then back up from the lowest place that there is.
  for (const [at, end] of ends.entries()) end.y = Math.max(end.y, (ends[at - 1]?.y ?? 0) + apart);
  let lowest = panel.top + inner.height;
  for (const end of [...ends].reverse()) {
    end.y = Math.min(end.y, lowest);
    lowest = end.y - apart;
  }
  return ends.map(({ from, last, line, y }) => {
    const { colour } = styleOf(line);
    const leader = `<path d="M${(from.x + 5).toFixed(1)} ${from.y.toFixed(1)}L${x - 4} ${y.toFixed(1)}" stroke="${colour}" stroke-width="0.7" opacity="0.6"/>`;
    const weight = line.kind === 'ours' ? ' font-weight="700"' : '';
    const over = last.isOver ? ' (not ended)' : '';
    return `${leader}<text x="${x}" y="${y.toFixed(1)}" dy="4" fill="${colour}"${weight}>${line.label}${over}</text>`;
  });
}
