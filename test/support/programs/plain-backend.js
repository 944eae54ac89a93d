/** A backend over stdio that starts in no time: `echo` says what it is told, and `ask` asks the user first. */
import process from 'node:process';
import { createInterface } from 'node:readline';

/** The calls that wait for an answer of the user, by the id of the question. */
const asking = new Map();

function say(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function answer(id, text) {
  say({ id, result: { content: [{ type: 'text', text }] } });
}

function hear({ id, method, params, result }) {
  if (method === 'initialize') {
    const { protocolVersion } = params;
    say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'plain', version: '1' } } });
  } else if (method === 'tools/call' && params.name === 'echo') {
    answer(id, params.arguments.text);
  } else if (method === 'tools/call') {
    const question = `question ${asking.size}`;
    const { tag } = params.arguments;
    asking.set(question, { id, tag });
    const requestedSchema = { type: 'object', properties: {} };
    say({ id: question, method: 'elicitation/create', params: { mode: 'form', message: tag, requestedSchema } });
  } else if (asking.has(id)) {
    const call = asking.get(id);
    answer(call.id, `${call.tag}: ${result?.action} ${result?.content?.answer}`);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  hear(JSON.parse(line));
});
