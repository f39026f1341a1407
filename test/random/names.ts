// Drawn names as an engine takes them.
import type { Engine } from '../support/database.ts';

/** Names that the engine takes, made unique by a number. */
export function namer(engine: Engine, ignoreCase: boolean): (text: string) => string {
  const taken = new Set<string>();
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  return (text) => {
    const plain = nameFor(engine, text);
    let name = plain;
    for (let number = 2; taken.has(fold(name)); number++) name = `${plain.slice(0, 56)}${number}`;
    taken.add(fold(name));
    return name;
  };
}

/** Halves of surrogate pairs are no text that a server could keep. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '_');

function nameFor(engine: Engine, text: string): string {
  const clean = wellFormed(text).replaceAll('\0', '0');
  if (engine === 'sqlite') return clean === '' || /^sqlite_/i.test(clean) ? `n${clean}` : clean;
  if (engine === 'postgres') return clean === '' ? 'n' : clean;
  // MySQL: of the basic plane, and no space at the end
  const basic = clean.replace(/[\u{10000}-\u{10ffff}]/gu, '_').replace(/\s+$/, '');
  return basic === '' ? 'n' : basic;
}
