import type * as Http from 'node:http';
import process from 'node:process';

/**
 * `node:http`, as it is. An `import` of it reads all that it exports. Since Node 22 that loads Node's own `WebSocket` and
 * `fetch`, which takes 20 to 40 ms.
 */
export const http: typeof Http = process.getBuiltinModule('node:http');
