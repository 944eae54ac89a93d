/** A server of revision 2026-07-28 that does all that a server can do. */
import {
  completable,
  inputRequired,
  McpServer,
  ResourceTemplate,
  type InputRequest,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

const FORM = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

const form = (message: string): InputRequest => inputRequired.elicit({ message, requestedSchema: FORM });

/** What the tool `ask` asks for, in each round. */
const ROUNDS: Readonly<Record<string, readonly Readonly<Record<string, InputRequest>>[]>> = {
  form: [{ key: form('who?') }],
  url: [{ key: inputRequired.elicitUrl({ message: 'visit', url: 'https://example.com/' }) }],
  sample: [{ key: inputRequired.createMessage({ messages: [], maxTokens: 5 }) }],
  roots: [{ key: inputRequired.listRoots() }],
  two: [{ a: form('a'), b: form('b') }],
  five: [1, 2, 3, 4, 5].map((at) => ({ [`k${at}`]: form(String(at)) })),
};

const NO_ARGUMENTS = { inputSchema: z.object({}) };

const text = (value: string): { content: [{ type: 'text'; text: string }] } => ({
  content: [{ type: 'text', text: value }],
});

/** @param onCancelled the tool `hang` was cancelled */
export function fullServer(onCancelled: () => void): McpServer {
  const capabilities = { logging: {}, resources: { subscribe: true } };
  const server = new McpServer({ name: 'full', version: '1.0.0' }, { capabilities });
  server.registerTool('ask', { inputSchema: z.object({ kind: z.string() }) }, ({ kind }, { mcpReq }) => {
    const at = Number(mcpReq.requestState<string>() ?? '0');
    const next = ROUNDS[kind]?.[at];
    if (next === undefined) return text(JSON.stringify(mcpReq.inputResponses ?? {}));
    return inputRequired({ inputRequests: next, requestState: String(at + 1) });
  });
  server.registerTool('busy', NO_ARGUMENTS, (_, { mcpReq }) => {
    const state = mcpReq.requestState<string>() ?? '';
    return state === 'xx' ? text('done') : inputRequired({ requestState: `${state}x` });
  });
  server.registerTool('work', NO_ARGUMENTS, async (_, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken ?? '';
    for (const progress of [1, 2, 3])
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
    return text('done');
  });
  server.registerTool('log', NO_ARGUMENTS, async (_, { mcpReq }) => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers still use it
    for (const level of ['debug', 'info', 'error'] as const) await mcpReq.log(level, `it is ${level}`);
    return text('done');
  });
  server.registerTool('hang', NO_ARGUMENTS, async (_, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken ?? '';
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
    await new Promise((resolve) => {
      mcpReq.signal.addEventListener('abort', resolve);
    });
    onCancelled();
    return text('late');
  });
  server.registerTool('change', NO_ARGUMENTS, async () => {
    await server.server.sendResourceUpdated({ uri: 'test://one' });
    server.sendToolListChanged();
    return text('changed');
  });
  const region = z.string().meta({ 'x-mcp-header': 'Region' });
  server.registerTool('region', { inputSchema: z.object({ to: region }) }, ({ to }) => text(to));
  registerOthers(server);
  return server;
}

function registerOthers(server: McpServer): void {
  const argsSchema = z.object({ name: completable(z.string(), () => ['ann', 'ben']) });
  server.registerPrompt('greet', { argsSchema }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `hello ${name}` } }],
  }));
  server.registerResource('one', 'test://one', {}, ({ href }) => ({ contents: [{ uri: href, text: 'the text' }] }));
  server.registerResource('many', new ResourceTemplate('test://{id}', { list: undefined }), {}, ({ href }) => ({
    contents: [{ uri: href, text: 'one of many' }],
  }));
}
