/** The ways in which a client can reach the backend of a scenario. */
import { BACKEND_STDIO, COMMAND, ours } from './paths.js';
import { Program } from './program.js';

export const WAYS = ['direct', 'wrapped', 'own', 'commandStdio', 'commandHttp'] as const;
export type Way = (typeof WAYS)[number];

/** Checks of what a backend cannot do that is reached this way. Over stdio a tool has no stream of its own to close. */
export const INAPPLICABLE: Readonly<Partial<Record<string, readonly string[]>>> = {
  commandStdio: ['server-sse-disconnect-resume'],
};

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
    case 'commandHttp': {
      const backend = await serve('direct');
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
  }
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
