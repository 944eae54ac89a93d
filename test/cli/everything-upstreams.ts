import { spawn } from 'node:child_process';
import { freePort } from '../../src/doctor/free-port.js';
import { Command, EVERYTHING, type Started } from './support.js';

/** The reference server from npm over its transports: what follows the options of the command. */
export const EVERYTHING_UPSTREAMS: Readonly<Record<string, (started: Started) => Promise<readonly string[]>>> = {
  stdio: async () => Promise.resolve(['--', process.execPath, EVERYTHING, 'stdio']),
  'Streamable HTTP': async (started) => ['--url', await everythingOverHttp(started)],
};

/** Resolves with its URL. */
async function everythingOverHttp(started: Started): Promise<string> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  const server = new Command(spawn(process.execPath, [EVERYTHING, 'streamableHttp'], { env }));
  started.add({
    async close() {
      server.process.kill('SIGKILL');
      await server.exit;
    },
  });
  await server.line(/listening on port/);
  return `http://127.0.0.1:${port}/mcp`;
}
