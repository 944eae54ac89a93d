/** A backend of revision 2025-11-25, made with SDK 1.x. It counts what it runs. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  CreateMessageResultWithToolsSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UrlElicitationRequiredError,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { setImmediate } from 'node:timers/promises';
import { deferred, type Deferred } from '../support/deferred.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Arguments = Readonly<Record<string, unknown>>;
type Tool = (extra: Extra, given: Arguments) => Promise<string>;

/** What all sessions of a backend have run. */
export class Journal {
  /** How often each tool ran with each tag. */
  readonly runs = new Map<string, number>();
  readonly cancelled: string[] = [];
  onCancelled: ((tag: string) => void) | undefined;
  /** What became of the server requests that no call waits for. */
  readonly late: string[] = [];
  readonly subscribed: string[] = [];
  readonly unsubscribed: string[] = [];
  /** When it is over, the tool `impatient` does not wait for the user any more. */
  readonly patience: Deferred = deferred();
  sessions = 0;

  ran(name: string, tag: string): void {
    const key = `${name} ${tag}`;
    this.runs.set(key, (this.runs.get(key) ?? 0) + 1);
  }
}

const TAGGED = { type: 'object', properties: { tag: { type: 'string', 'x-mcp-header': 'Tag' } } };

const FORM = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

/** Asks the user. @returns the answer */
export async function elicit(extra: Extra, message: string): Promise<string> {
  const answered = await extra.sendRequest(
    { method: 'elicitation/create', params: { message, requestedSchema: FORM } },
    ElicitResultSchema,
  );
  return answered.action === 'accept' ? String(answered.content?.['answer']) : answered.action;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  echo: async (_extra, { tag }) => Promise.resolve(`echo ${String(tag)}`),
  ask: elicitsOnce,
  /** Wants its tag as a header, too. */
  tagged: elicitsOnce,
  chain: async (extra, { tag, length }) => {
    const answers: string[] = [];
    for (let at = 1; at <= Number(length); at++) answers.push(await elicit(extra, `${String(tag)} ${at}`));
    return answers.join(', ');
  },
  two: async (extra, { tag }) =>
    (await Promise.all([elicit(extra, `${String(tag)} a`), elicit(extra, `${String(tag)} b`)])).join(', '),
  url: async (extra, { tag }) => {
    const params = { mode: 'url' as const, message: String(tag), url: 'https://example.com/', elicitationId: 'e1' };
    return (await extra.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema)).action;
  },
  sample: async (extra, { tag }) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(tag) } }];
    const params = { messages, maxTokens: 9 };
    const answered = await extra.sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
    return JSON.stringify(answered.content);
  },
  'sample with tools': async (extra, { tag }) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(tag) } }];
    const tools = [{ name: 'look', inputSchema: { type: 'object' as const } }];
    const params = { messages, maxTokens: 9, tools, toolChoice: { mode: 'required' as const } };
    const request = { method: 'sampling/createMessage' as const, params };
    return JSON.stringify((await extra.sendRequest(request, CreateMessageResultWithToolsSchema)).content);
  },
  roots: async (extra) => {
    const { roots } = await extra.sendRequest({ method: 'roots/list' }, ListRootsResultSchema);
    return roots.map(({ uri }) => uri).join(', ');
  },
  progress: async ({ sendNotification, _meta: meta }, { tag }) => {
    const { progressToken } = meta ?? {};
    if (progressToken === undefined) return 'nobody wants to know';
    for (const progress of [1, 2, 3])
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 3, message: String(tag) },
      });
    return 'done';
  },
  logs: async ({ sendNotification }, { tag }) => {
    for (const level of ['debug', 'info', 'warning', 'error'] as const)
      await sendNotification({ method: 'notifications/message', params: { level, data: `${level} ${String(tag)}` } });
    return 'logged';
  },
  /** Logs up to 50 MB, until it is cancelled. */
  flood: async ({ sendNotification, signal }) => {
    for (let logs = 0; logs < 1_000 && !signal.aborted; logs++) {
      const params = { level: 'error' as const, data: 'x'.repeat(50_000) };
      await sendNotification({ method: 'notifications/message', params });
      await setImmediate();
    }
    return 'logged';
  },
};

async function elicitsOnce(extra: Extra, { tag }: Arguments): Promise<string> {
  return elicit(extra, String(tag));
}

/** A session. */
export function legacyBackend(journal: Journal): Server {
  journal.sessions += 1;
  const server = new Server(
    { name: 'legacy', version: '1.0.0' },
    {
      capabilities: { tools: { listChanged: true }, logging: {}, resources: { subscribe: true } },
      instructions: 'Ask.',
    },
  );
  let hasVisited = false;
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    if (params.uri === 'file:///secret') throw new Error('no such resource');
    journal.subscribed.push(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    journal.unsubscribed.push(params.uri);
    return {};
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...Object.keys(TOOLS), 'visit', 'hang', 'change'].map((name) => ({
      name,
      inputSchema: name === 'tagged' ? TAGGED : { type: 'object' },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const { name, arguments: given = {} } = params;
    const tag = String(given['tag']);
    journal.ran(name, tag);
    extra.signal.addEventListener('abort', () => {
      journal.cancelled.push(tag);
      journal.onCancelled?.(tag);
    });
    if (name === 'hang') {
      await TOOLS['progress']?.(extra, given);
      await new Promise((resolve) => {
        extra.signal.addEventListener('abort', resolve);
      });
      return text('aborted');
    }
    if (name === 'visit' && !hasVisited) {
      hasVisited = true;
      throw new UrlElicitationRequiredError([
        { mode: 'url', message: tag, url: 'https://example.com/visit', elicitationId: 'v1' },
      ]);
    }
    if (name === 'change') {
      await server.sendToolListChanged();
      await server.sendResourceUpdated({ uri: tag });
      return text('changed');
    }
    if (name === 'late') {
      void journal.patience.promise.then(async () => {
        const outcome = await server.elicitInput({ message: tag, requestedSchema: FORM }).catch(String);
        journal.late.push(typeof outcome === 'string' ? outcome : outcome.action);
      });
      return text('will ask');
    }
    if (name === 'impatient') {
      elicit(extra, tag).catch(() => undefined);
      await journal.patience.promise;
      return text('went on');
    }
    const tool = TOOLS[name];
    return text(tool === undefined ? 'visited' : await tool(extra, given));
  });
  return server;
}

function text(of: string): CallToolResult {
  return { content: [{ type: 'text', text: of }] };
}
