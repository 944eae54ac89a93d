/** What others say stays within its line, and does nothing to the terminal that shows it. */
import { afterEach, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { INITIALIZE, send, sessionOf } from '../proxy/raw-http.js';

const started = new Started();
afterEach(async () => started.end());

/**
 * Breaks the line, forges one, clears the screen in two ways, turns the text around in two ways, and says what nobody
 * sees: a space without width, a byte order mark, and a letter of the tags.
 */
const EVIL =
  'evil\r\nmcp-backchannel: error: forged\u001b[2J\u009b2J\u2028forged\u202e\u200e\u0000\u007f\u200b\ufeff\u{e0041}';
/** What has a shape and a width, as far as these lines have need of it, and the end of a line. */
const PLAIN = /^[\n\t -~→…Â]*$/;

/** Answers each call after it has said what is evil in all ways that there are. */
const SERVER = `
  const evil = ${JSON.stringify(EVIL)};
  const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const info = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: evil, version: evil } };
  let rest = '';
  // Not readline, which ends a line at U+2028, too, from Node 24 on.
  process.stdin.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) take(JSON.parse(line));
  });
  const take = ({ id, method }) => {
    if (id === undefined || method === undefined) return;
    if (method === 'initialize') return send({ id, result: info });
    console.error(evil);
    send({ method: 'notifications/' + evil });
    send({ method: 'notifications/progress', params: { progressToken: evil, progress: 1 } });
    send({ id: evil, method: evil + ' → request 1 (explicit) delivered', params: {} });
    send({ id, result: {} });
    console.error('the end');
  };
`;

/** What the command writes to stderr while client and server do their worst. */
async function written(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { command, url } = await started.endpoint([...args, '--trace', '--', process.execPath, '-e', SERVER], env);
  let text = '';
  command.process.stderr.on('data', (data: Buffer) => (text += data.toString()));
  await send(url, { body: INITIALIZE.replace('"name":"x"', () => `"name":${JSON.stringify(EVIL)}`) });
  const session = await sessionOf({ url });
  const own = { 'mcp-session-id': session };
  const call = { jsonrpc: '2.0', id: EVIL, method: EVIL };
  // An id that is used twice is reported, with the method.
  const body = JSON.stringify([{ ...call, id: `${EVIL}!` }, { ...call, id: `${EVIL}!` }, call]);
  await send(url, { headers: own, body });
  // In a header there can be no others.
  await send(url, { headers: { ...own, 'mcp-protocol-version': '\u009b2J' }, body: JSON.stringify(call) });
  await command.line(/the end/);
  command.process.kill('SIGTERM');
  await command.exit;
  return text;
}

it('nothing that client or server say makes a line of its own, or is acted on by a terminal', async () => {
  const text = await written([], { DEBUG: 'mcp-backchannel:*' });
  expect(text).toMatch(PLAIN);
  const begin = /^(mcp-backchannel: |\[node \d+\] |[\d:]{8}\.\d{3}Z [\w-]{8} |[\dTZ:.-]+ mcp-backchannel:\w+ )/;
  expect(
    text
      .trimEnd()
      .split('\n')
      .filter((line) => !begin.test(line)),
  ).toEqual([]);
  expect(text).not.toMatch(/^mcp-backchannel: error: forged/m);
  // All of it was said, and is there to be read.
  const escaped = 'forged\\x1b[2J\\x9b2J\\u2028forged\\u202e\\u200e\\x00\\x7f\\u200b\\ufeff\\u{e0041}';
  for (const who of [
    /^\[node \d+\] evil$/m,
    /^[\d:.]+Z [\w-]{8} .* "notifications\/evil/m,
    /^[\d:.]+Z [\w-]{8} "evil.*" session opened$/m,
  ])
    expect(text).toMatch(who);
  expect(text).toContain(`] mcp-backchannel: error: ${escaped}\n`);
  expect(text).toMatch(/DUPLICATE_REQUEST_ID/);
  expect(text).toMatch(/Unsupported protocol version.*\\x9b2J/i);
});

it('with --json, each line is one object, and says the same to whoever parses it', async () => {
  const text = await written(['--json'], {});
  expect(text).toMatch(PLAIN);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event?: { method?: string } });
  expect(lines.map(({ event }) => event?.method)).toContain(`notifications/${EVIL}`);
});
