/**
 * A legacy backend over stdio: MCP by hand, so that what is measured is the proxy. Its tool `asking` asks the user once.
 * Ends with its stdin.
 */
import process from 'node:process';

const QUESTION = { message: 'ok?', requestedSchema: { type: 'object', properties: {} } };
const RESULT = { content: [{ type: 'text', text: 'ok' }] };

/** The calls that wait for an answer, by the ids of their questions. */
const waiting = new Map();
let questions = 0;

function received({ id, method, params }) {
  if (id === undefined) return;
  if (method === undefined) {
    const call = waiting.get(id);
    if (!waiting.delete(id)) throw new Error('an answer to no question');
    send({ id: call, result: RESULT });
  } else if (method === 'initialize') {
    const serverInfo = { name: 'benchmark', version: '1' };
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
  } else if (params.name === 'asking') {
    const question = `question ${++questions}`;
    waiting.set(question, id);
    send({ id: question, method: 'elicitation/create', params: QUESTION });
  } else {
    send({ id, result: RESULT });
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

let rest = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) if (line.trim() !== '') received(JSON.parse(line));
});
process.stdin.once('end', () => process.exit());
