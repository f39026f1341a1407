/** The graph of tables and keys as SVG, laid out when the report is written: parents stand left of their children. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs';
import type { ForeignKey } from '../../core/model.ts';
import { packageFor } from '../../core/packages.ts';
import { html } from '../escape.ts';
import type { PageKey, PageModel } from './model.ts';

const height = 30;
const clipped = 34;

/** @returns an SVG element; every table and key carries its number, so that a script can find it */
export async function picture(model: PageModel): Promise<string> {
  const Elk = await packageFor('elkjs', 'the picture in the report', async () => {
    const { default: layouter } = (await import('elkjs')) as unknown as {
      default: new () => { layout(graph: ElkNode): Promise<ElkNode> };
    };
    return layouter;
  });
  const inside = new Set(model.picture);
  const keys = model.keys
    .map((key, at) => ({ key, at }))
    .filter(({ key }) => inside.has(key.child) && inside.has(key.parent));
  const laid = await new Elk().layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.spacing.nodeNode': '18',
      'elk.spacing.componentComponent': '30',
      'elk.layered.spacing.nodeNodeBetweenLayers': '70',
      'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
      'elk.aspectRatio': '1.6',
    },
    children: model.picture.map((at) => ({
      id: `t${at}`,
      width: 24 + 7.4 * shortName(model.tables[at]?.name ?? '').length,
      height,
    })),
    edges: keys.map(({ key, at }) => ({
      id: `k${at}`,
      sources: [`t${key.parent}`],
      targets: [`t${key.child}`],
    })),
  });
  const edges = new Map((laid.edges ?? []).map((edge) => [edge.id, edge]));
  const width = Math.ceil(laid.width ?? 100);
  const tall = Math.ceil(laid.height ?? 100);
  return [
    `<svg id="picture" viewBox="-10 -10 ${width + 20} ${tall + 20}" data-width="${width}" data-height="${tall}" role="group" aria-label="Tables and foreign keys; the same stands in the table below">`,
    ...keys.map(({ key, at }) => edgeSvg(key, at, edges.get(`k${at}`))),
    ...(laid.children ?? []).map((node) => nodeSvg(model, node)),
    '</svg>',
  ].join('\n');
}

function edgeSvg(key: PageKey, at: number, edge: ElkExtendedEdge | undefined): string {
  const sections = edge?.sections ?? [];
  const path = sections
    .map(({ startPoint, bendPoints, endPoint }) =>
      [startPoint, ...(bendPoints ?? []), endPoint]
        .map(({ x, y }, place) => `${place === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y)}`)
        .join(''),
    )
    .join('');
  const { change, key: foreignKey, label } = key.drawn;
  const before = slug(foreignKey.onDelete);
  const after = slug(key.refused ? foreignKey.onDelete : (change?.to.onDelete ?? foreignKey.onDelete));
  const start = sections[0]?.startPoint;
  const arrow =
    start === undefined
      ? ''
      : `<path class="arrow" d="M${Math.round(start.x)} ${Math.round(start.y)}l8 -4v8z"/>`;
  return `<g class="key${change === null ? '' : ' changed'}" data-key="${at}" data-before="${before}" data-after="${after}"><title>${html(`${key.text}: ${label}${key.refused ? ' (cannot be changed)' : ''}`)}</title><path class="line" d="${path}"/>${arrow}</g>`;
}

function nodeSvg(model: PageModel, node: ElkNode): string {
  const at = Number(node.id.slice(1));
  const name = model.tables[at]?.name ?? '';
  const [x, y, width] = [Math.round(node.x ?? 0), Math.round(node.y ?? 0), Math.round(node.width ?? 0)];
  return `<g class="table" data-table="${at}" tabindex="0" role="button" aria-label="${html(name)}" transform="translate(${x} ${y})"><title>${html(name)}</title><rect width="${width}" height="${height}" rx="5"/><text x="${width / 2}" y="20">${html(shortName(name))}</text></g>`;
}

function shortName(name: string): string {
  return name.length <= clipped ? name : `${name.slice(0, clipped - 1)}…`;
}

/** `SET NULL` as a name for styles. */
export function slug(action: ForeignKey['onDelete']): string {
  return action.toLowerCase().replace(' ', '-');
}
