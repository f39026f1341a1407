/** Migrations that name those that come before them, so that their order is no order of names. */

export interface Link {
  /** As the others call it. */
  readonly id: string;
  /** Of the migration. */
  readonly name: string;
  /** The ids of those before it; some may lie elsewhere. */
  readonly after: readonly string[];
}

/** The names, each behind all that come before it. */
export function inOrderOfChain(links: readonly Link[]): readonly string[] {
  return closure(
    links,
    links.map(({ id }) => id),
  );
}

/** Those that no other comes after. */
export function lastOfChain(links: readonly Link[]): readonly Link[] {
  const followed = new Set(links.flatMap(({ after }) => after));
  return links.filter(({ id }) => !followed.has(id));
}

/** The names of these and of all before them, the first first. A circle, which no tool accepts, is cut somewhere. */
export function closure(links: readonly Link[], ids: readonly string[]): readonly string[] {
  const byId = new Map(links.map((link) => [link.id, link]));
  const seen = new Set<string>();
  const names: string[] = [];
  // A chain may be longer than the stack is deep.
  const open = [...ids].reverse().map((id) => ({ id, left: false }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const link = byId.get(next.id);
    if (link === undefined) continue;
    if (next.left) names.push(link.name);
    else if (!seen.has(link.id)) {
      seen.add(link.id);
      open.push({ id: link.id, left: true }, ...[...link.after].reverse().map((id) => ({ id, left: false })));
    }
  }
  return names;
}
