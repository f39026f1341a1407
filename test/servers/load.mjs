// Loads start.ts in plain Node: one implementation for jest's set-up and for the scripts.
import { createJiti } from 'jiti';

/** @returns {Promise<typeof import('./start.ts')>} */
export const loadStart = () => createJiti(import.meta.url).import('./start.ts');
