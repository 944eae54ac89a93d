/** What the command holds after many sessions: what it held before. */
import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../support/alive.js';
import { Started, type Command } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const SESSIONS = 200;
/** More at a time would only wait for one another. */
const AT_ONCE = 10;

/** Asks the user in each call, and answers with its process id. By a shell, for Node takes its time to start. */
const ASKING = `
while IFS= read -r line; do
  id=\${line#*'"id":'}; id=\${id%%,*}
  case $line in
    *'"initialize"'*)
      result='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}'
      printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" "$result" ;;
    *'"tools/call"'*)
      call=$id
      printf '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"well?"}}\\n' ;;
    *'"accept"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s"}]}}\\n' "$call" $$ ;;
  esac
done
`;

const PROBE = `--import tsx --import ${new URL('../support/programs/probe.ts', import.meta.url).href}`;

/** What a process with the probe holds. */
interface Held {
  readonly resources: Readonly<Record<string, number>>;
  /** By the file that has set them. */
  readonly timers: readonly string[];
  readonly listeners: unknown;
}

function asker(command: Command): () => Promise<Held> {
  let times = 0;
  return async () => {
    command.process.kill('SIGUSR2');
    const [, held = ''] = await command.line(new RegExp(`^held ${++times} (.*)`));
    return JSON.parse(held) as Held;
  };
}

it('leaves no process, socket, timer or listener of 200 sessions with a server over stdio', async () => {
  const { url, command } = await started.endpoint(['--', 'sh', '-c', ASKING], {
    NODE_OPTIONS: PROBE,
    // Started by npm, it would look after its parent.
    npm_lifecycle_event: undefined,
    npm_command: undefined,
  });
  const held = asker(command);
  const pids = new Set<number>();

  const open = async (): Promise<() => Promise<unknown>> => {
    // A connection for each request: none is kept for the next.
    const client = await started.client(url, { headers: { connection: 'close' } });
    expect((await client.openGet()).status).toBe(200);
    pids.add(Number(await client.callTool('any')));
    return async () => client.delete();
  };
  const live = async (sessions: number): Promise<void> => {
    const closers = await Promise.all(Array.from({ length: sessions }, open));
    await Promise.all(closers.map(async (close) => close()));
  };

  const before = await held();
  expect(before).toMatchObject({ resources: { TCPServerWrap: 1 }, timers: [] });
  const close = await open();
  const meanwhile = await held();
  expect(meanwhile.resources).toMatchObject({ ProcessWrap: 1, TCPSocketWrap: expect.any(Number) as number });
  await close();
  for (let done = 1; done < SESSIONS; done += AT_ONCE) await live(AT_ONCE);

  expect(pids.size).toBeGreaterThanOrEqual(SESSIONS);
  // The SDK gives a process two seconds to end, and does not clear the timer when it has.
  await expect.poll(held, { timeout: 10_000, interval: 200 }).toEqual(before);
  expect([...pids].filter(isAlive)).toEqual([]);
}, 60_000);
