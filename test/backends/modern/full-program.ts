/** The full server over stdio, for clients of revision 2026-07-28 only. */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { fullServer } from './full-server.js';

const onCancelled = (): void => {
  console.error('cancelled');
};
serveStdio(() => fullServer(onCancelled), { legacy: 'reject' });
