/** Modules of the console, as `npm run build` compiles them. The server is built without the console, so tests know no types of it. */
import { join } from 'node:path';
import { root } from '../architecture/sources.js';

/** `state/rows.js` → its exports. */
export const consoleModule = (path: string): Promise<any> => import(join(root, 'console/dist', path));
