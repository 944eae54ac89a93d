/**
 * A stateful backend whose tools start messages by themselves: the reason to need a back-channel.
 * One server per session; `remember` and `recall` show that the session is the same one.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  type CallToolResult,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';

const ANSWER = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Args = Readonly<Record<string, unknown>>;
type Tool = (args: Args, extra: Extra) => Promise<string>;

export function createBackend(): Server {
  const server = new Server(
    { name: 'backend', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, logging: {} } },
  );
  const memory = new Map<string, unknown>();
  const meeting: Meeting = { expected: [] };

  const tools: Readonly<Record<string, Tool>> = {
    /** Asks the user, and gives back the answer. A call that is cancelled takes its question back. */
    ask: async ({ tag = 'ask' }, extra) => elicit(String(tag), extra),
    /** Asks once `of` calls have come in, in the order of `turn`: the last to come may be the first to ask. */
    ask_in_turn: async ({ tag, turn, of }, extra) => {
      await takeTurn(meeting, Number(turn), Number(of));
      return elicit(String(tag), extra);
    },
    /** Asks after a while, and remembers under `note` what came of it: the caller may be gone by then. */
    ask_later: async ({ tag = 'later', ms, note }, extra) => {
      await setTimeout(Number(ms));
      const outcome = await elicit(String(tag), extra).catch((error: unknown) => `failed: ${String(error)}`);
      memory.set(String(note), outcome);
      return outcome;
    },
    /** Returns at once, and asks after a while: with no call of its own in flight. */
    ask_afterwards: async ({ tag = 'afterwards', ms, note }) => {
      const params = { mode: 'form' as const, message: String(tag), requestedSchema: ANSWER };
      const asked = setTimeout(Number(ms)).then(async () => server.elicitInput(params));
      asked.then(
        ({ action }) => memory.set(String(note), action),
        (error: unknown) => memory.set(String(note), `failed: ${String(error)}`),
      );
      return Promise.resolve('will ask');
    },
    /** Asks two questions at once, and gives back both answers. */
    ask_twice: async ({ tag = 'ask' }, extra) => {
      const answers = await Promise.all(['first', 'second'].map((which) => elicit(`${String(tag)} ${which}`, extra)));
      return answers.join(', ');
    },
    /** Writes `began`, waits until it is cancelled, and then writes `file`: the caller is gone by then. */
    hold: async ({ began, file }, extra) => {
      await writeFile(String(began), 'began');
      await once(extra.signal, 'abort');
      await writeFile(String(file), 'cancelled');
      return 'cancelled';
    },
    sample: async ({ tag = 'sample' }, extra) => {
      const content = { type: 'text', text: String(tag) } as const;
      const params = { messages: [{ role: 'user', content } as const], maxTokens: 10 };
      const sampled = await extra.sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
      return (sampled.content as { text: string }).text;
    },
    roots: async (_args, extra) => {
      const { roots } = await extra.sendRequest({ method: 'roots/list' }, ListRootsResultSchema);
      return roots.map(({ uri }) => uri).join(' ');
    },
    /** Reports progress `steps` times, with the token that the call brought. */
    count: async ({ steps = 5 }, extra) => {
      const progressToken = extra._meta?.progressToken;
      for (let progress = 1; progressToken !== undefined && progress <= Number(steps); progress++) {
        const params = { progressToken, progress, total: Number(steps) };
        await extra.sendNotification({ method: 'notifications/progress', params });
      }
      return `counted to ${String(steps)}`;
    },
    log: async ({ tag = 'log' }, extra) => {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: tag } });
      return 'logged';
    },
    remember: async ({ key, value }) => {
      memory.set(String(key), value);
      return Promise.resolve('remembered');
    },
    recall: async ({ key }) => Promise.resolve(JSON.stringify(memory.get(String(key)) ?? null)),
    echo: async ({ text = '' }) => Promise.resolve(String(text)),
    /** Says that its tools have changed. */
    change_tools: async () => {
      await server.sendToolListChanged();
      return 'changed';
    },
  };

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tool = tools[params.name];
    if (tool === undefined) throw new Error(`no tool ${params.name}`);
    return { content: [{ type: 'text', text: await tool(params.arguments ?? {}, extra) }] };
  });
  return server;
}

async function elicit(tag: string, extra: Extra): Promise<string> {
  const { action, content } = await extra.sendRequest(
    { method: 'elicitation/create', params: { mode: 'form', message: tag, requestedSchema: ANSWER } },
    ElicitResultSchema,
    { signal: extra.signal },
  );
  return `${tag}: ${action} ${String(content?.['answer'] ?? '')}`.trim();
}

interface Meeting {
  expected: { turn: number; go: () => void }[];
}

/** Resolves once `of` callers are here, in the order of their turns. */
async function takeTurn(meeting: Meeting, turn: number, of: number): Promise<void> {
  return new Promise((resolve) => {
    meeting.expected.push({ turn, go: resolve });
    if (meeting.expected.length < of) return;
    const callers = meeting.expected.sort((one, other) => one.turn - other.turn);
    meeting.expected = [];
    // One caller's question is on its way before the next one is let go.
    const letGo = (): void => {
      callers.shift()?.go();
      if (callers.length > 0) setImmediate(letGo);
    };
    letGo();
  });
}
