// packages.mjs: finds the npm packages of package.json, which are installed outside of the source (ATT_NODE).
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';

const FOLDER = process.env.ATT_NODE ?? fileURLToPath(new URL('../../build/node', import.meta.url));
const require = createRequire(path.join(FOLDER, 'package.json'));

if (!existsSync(path.join(FOLDER, 'node_modules'))) {
  throw new Error(`${FOLDER} has no npm packages; set ATT_NODE, or let ./dev test install them`);
}

// The path of the file that `require(name)` would load.
export const resolve = (name) => require.resolve(name);

export const load = (name) => import(pathToFileURL(resolve(name)));
