// Everything that is measured. Each peer is told that one key is CASCADE, which is NO ACTION in the database; no other key cascades,
// so ON DELETE CASCADE in what it prints says that it has noticed.
import { drizzle, mikroOrm, typeorm } from './node-peers.mjs';
import { oursAndFloor } from './ours.mjs';
import { alembic, django } from './python-peers.mjs';
import { atlas, migra, skeema } from './schema-peers.mjs';

/** @type {readonly import('./peer.mjs').Peer[]} */
export const everyTool = [
  ...oursAndFloor,
  atlas(),
  migra(),
  skeema(),
  typeorm(),
  mikroOrm(),
  alembic(),
  drizzle(),
  django(),
];
