/**
 * A backend over Streamable HTTP that announces all it can, on the port that it is told (0: a free one), which it
 * prints. `state` tells what its session knows, `ask` asks the user, and `hang` never answers. On SIGUSR2 it forgets its
 * sessions.
 */
import process from 'node:process';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { serveSessions } from './serve-sessions.js';

const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  logging: {},
};

function newServer() {
  const server = new Server({ name: 'stateful', version: '1' }, { capabilities: CAPABILITIES });
  const state = { pid: process.pid, level: null, subscribed: [], initialized: 0 };
  const text = (value) => ({ content: [{ type: 'text', text: value }] });
  server.oninitialized = () => state.initialized++;
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    state.level = params.level;
    return {};
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    state.subscribed.push(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    state.subscribed = state.subscribed.filter((uri) => uri !== params.uri);
    return {};
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestId }) => {
    const options = { relatedRequestId: requestId };
    if (params.name === 'ask') {
      const requestedSchema = { type: 'object', properties: {} };
      const { action } = await server.elicitInput({ mode: 'form', message: 'well?', requestedSchema }, options);
      return text(action);
    }
    if (params.name === 'hang') {
      await server.notification(
        { method: 'notifications/message', params: { level: 'error', data: 'hangs' } },
        options,
      );
      return new Promise(() => undefined);
    }
    const client = server.getClientVersion();
    return text(JSON.stringify({ ...state, client, capabilities: server.getClientCapabilities() }));
  });
  return server;
}

process.on('SIGUSR2', serveSessions(newServer));
