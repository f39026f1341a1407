// The bare query of the keys with Node and its driver, as a process of its own: node bare.mjs ENGINE URL
import { plain } from './plain.mjs';

const [engine = '', url = ''] = process.argv.slice(2);
const session = await plain[/** @type {import('./schemas.mjs').Flavor} */ (engine)](url);
await session.read();
await session.close();
