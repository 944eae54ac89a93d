/** The ways in which a client can reach the backend of a scenario. */
import { BACKEND_STDIO, COMMAND, ours } from './paths.js';
import { Program } from './program.js';

export const WAYS = ['direct', 'wrapped', 'own', 'commandStdio', 'commandHttp'] as const;
/** With revision 2026-07-28 towards the client. */
export const MODERN_WAYS = ['direct', 'wrapped', 'modernBackend', 'legacyBackend', 'legacyStdio'] as const;
export const CLIENT_WAYS = ['direct', 'commandHttp', 'commandStdio'] as const;
/** With revision 2026-07-28 towards the server. */
export const MODERN_CLIENT_WAYS = ['direct', 'commandModern', 'commandAuto'] as const;

type Way = (typeof WAYS)[number];
type ModernWay = (typeof MODERN_WAYS)[number];
export type AnyWay = Way | ModernWay | (typeof CLIENT_WAYS)[number] | (typeof MODERN_CLIENT_WAYS)[number];

export interface Served {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * The backend keeps events, so the command does too. A session without a client is ended soon: each has a
 * process of its own behind the command, and clients of the suite do not say that they leave.
 */
const OPTIONS = ['--port', '0', '--event-store', 'memory', '--idle-timeout', '5s'];

const URL_AT_THE_END = /http:\/\/127\.0\.0\.1:\d+\/mcp$/;

export async function serve(way: Way): Promise<Served> {
  switch (way) {
    case 'direct':
      return served(ours('backend-http.ts'));
    case 'wrapped':
      return served([...ours('backend-http.ts'), '--wrapped']);
    case 'own':
      return served([...ours('backend-http.ts'), '--own']);
    case 'commandStdio':
      return served([COMMAND, ...OPTIONS, '--', process.execPath, BACKEND_STDIO]);
    case 'commandHttp':
      return inFrontOf(await serve('direct'));
  }
}

export async function serveModern(way: ModernWay): Promise<Served> {
  switch (way) {
    case 'direct':
      return served(ours('backend-modern.ts'));
    case 'wrapped':
      return served([...ours('backend-modern.ts'), '--wrapped']);
    case 'modernBackend':
      return inFrontOf(await serveModern('direct'));
    case 'legacyBackend':
      return serve('commandHttp');
    case 'legacyStdio':
      return serve('commandStdio');
  }
}

async function inFrontOf(backend: Served): Promise<Served> {
  const command = await served([COMMAND, ...OPTIONS, '--url', backend.url]).catch(async (error: unknown) => {
    await backend.stop();
    throw error;
  });
  return {
    url: command.url,
    stop: async () => {
      await command.stop();
      await backend.stop();
    },
  };
}

async function served(args: readonly string[]): Promise<Served> {
  const program = new Program(process.execPath, args);
  try {
    const url = await program.says(URL_AT_THE_END);
    return { url, stop: async () => program.stop() };
  } catch (error) {
    await program.stop();
    throw error;
  }
}
