/** Loads the emitter, which is pure: the code that its files may hold is read here. */
import { readFile } from 'node:fs/promises';
import type { Emitter } from '../../src/core/contracts/engine.ts';
import { emitterWith } from './emitter/index.ts';

export async function loadEmitter(): Promise<Emitter> {
  const text = await readFile(new URL('./emitter/rebuild.runtime.ts', import.meta.url), 'utf8');
  return emitterWith(text.replace(/^export /gm, ''));
}
