/** A stdio server answers with what is no clean line of JSON. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Started, startedIn } from '../../cli/support.js';
import { direct, overStdio, SERVER, type LineClient } from './stdio-rig.js';

const sharing = new Started();
afterAll(async () => sharing.end());

const free: LineClient[] = [];

/** Lends a client that no other test uses meanwhile: most tests wait, so they run at the same time. */
async function lent(test: (shared: LineClient) => Promise<void>): Promise<void> {
  const client = free.pop() ?? (await overStdio(sharing));
  await test(client);
  free.push(client);
}

const CONTENT = { content: [{ type: 'text', text: 'said {"so": "}"}' }] };
const RESULT = JSON.stringify(CONTENT);
const ANSWER = `{"jsonrpc":"2.0","id":$id,"result":${RESULT}}`;
const NOTE = '{"jsonrpc":"2.0","method":"notifications/x","params":{"$id":1}}';

/** The id of each call is a number of its own, so that no answer is taken for another's. */
let next = 100;

describe.concurrent('43 what can be understood is:', () => {
  it.each<[string, string]>([
    [
      'an answer printed over several lines',
      `${JSON.stringify({ jsonrpc: '2.0', id: 0, result: CONTENT }, null, 2).replace('"id": 0', '"id": $id')}\n`,
    ],
    [
      'one with tabs and \\r\\n',
      `${JSON.stringify({ jsonrpc: '2.0', id: 0, result: CONTENT }, null, '\t').replace('"id": 0', '"id": $id').replaceAll('\n', '\r\n')}\r\n`,
    ],
    ['two messages on a line', `${NOTE}${ANSWER}\n`],
    ['two messages on a line, the answer first', `${ANSWER}${NOTE}\n`],
    ['two messages with a space between', `${NOTE} ${ANSWER}\n`],
    ['two messages with a comma between', `${NOTE}, ${ANSWER}\n`],
    ['three messages in a batch over several lines', `[\n${NOTE},\n${NOTE},\n${ANSWER}\n]\n`],
    ['a line that ends in \\r', `${ANSWER}\r\n`],
    ['lines that end in \\r alone', `${NOTE}\r${ANSWER}\r`],
    ['a bar of progress that \\r would overwrite', `loading 10%\rloading 100%\r${ANSWER}\n`],
    ['what clears the line of a terminal', `\u001b[2K\u001b[1G\u001b[?25h${ANSWER}\n`],
    ['what sets the title of a terminal', `\u001b]0;my server\u0007${ANSWER}\n`],
    ['colours around it', `\u001b[32m${ANSWER}\u001b[0m\n`],
    ['a record separator (RFC 7464)', `\u001e${ANSWER}\n`],
    ['a NUL after it', `${ANSWER}\u0000\n`],
    ['text before it', `ready. ${ANSWER}\n`],
    ['text after it', `${ANSWER} done\n`],
    ['the headers of LSP', `Content-Length: 99\r\n\r\n${ANSWER}`],
    ['no end of the line', ANSWER],
    [
      'a raw tab and a raw line end in a text',
      `{"jsonrpc":"2.0","id":$id,"result":{"content":[{"type":"text","text":"one\ttwo\nthree"}]}}\n`,
    ],
    ['a line of something else before it', `Server running on stdio\n{"level":"info"}\n{\n${ANSWER}\n`],
    ['an unfinished answer to nobody before it', `{"jsonrpc":"2.0","id":"nobody","res${ANSWER}\n`],
  ])('%s', async (_what, text) =>
    lent(async (shared) => {
      const id = shared.call('say', { text }, next++);
      const answer = await shared.answerTo(id);
      expect(answer?.error).toBeUndefined();
      const [content] = (answer?.result as { content: { text: string }[] } | undefined)?.content ?? [];
      expect(content?.text).toMatch(/^(said \{"so": "\}"\}|one\ttwo\nthree)$/);
      expect(Object.keys(answer ?? {}).sort()).toEqual(['id', 'jsonrpc', 'result']);
    }),
  );

  it.each(['"$id"', '"$id.0"', '" $id"', '$id.0'])('an id of %s, as the SDK takes it', async (written) =>
    lent(async (shared) => {
      const text = `{"jsonrpc":"2.0","id":${written},"result":${RESULT}}\n`;
      const id = next++;
      shared.call('say', { text: text.replaceAll('$id', String(id)) }, id);
      expect(await shared.answerTo(id)).toEqual({ jsonrpc: '2.0', id, result: CONTENT });
    }),
  );

  it('a number for an id that is a text', async () =>
    lent(async (shared) => {
      const id = String(next++);
      shared.call('say', { text: `{"jsonrpc":"2.0","id":${id},"result":${RESULT}}\n` }, id);
      expect(await shared.answerTo(id)).toEqual({ jsonrpc: '2.0', id, result: CONTENT });
    }));
});

describe.concurrent('43 an answer that is beyond that is an error:', () => {
  it.each<[string, string]>([
    ['NaN', '{"jsonrpc":"2.0","id":$id,"result":{"content":[],"structuredContent":{"mean":NaN}}}\n'],
    [
      'Infinity, the id last',
      '{"result":{"content":[],"structuredContent":{"mean":-Infinity}},"jsonrpc":"2.0","id":$id}\n',
    ],
    ['a dictionary of Python', "{'jsonrpc': '2.0', 'id': $id, 'result': {'content': [], 'isError': False}}\n"],
    ['an object as Node shows it', "{ jsonrpc: '2.0', id: $id, result: { content: [ [Object] ] } }\n"],
    [
      'an object as Node shows it, over several lines',
      "{\n  jsonrpc: '2.0',\n  id: $id,\n  result: { content: [ [Object] ] }\n}\n",
    ],
    ['a comma too many', '{"jsonrpc":"2.0","id":$id,"result":{},}\n'],
    ['an escape that is none', '{"jsonrpc":"2.0","id":$id,"result":{"path":"C:\\Users"}}\n'],
    ['one that ends too soon', '{"jsonrpc":"2.0","id":$id,"result":{"content":[{"type":"te\n'],
    [
      'one that ends too soon, before its id',
      '{"result":{"content":[{"type":"text","text":"lo\n'.replace('{"result"', '{"jsonrpc":"2.0","result"'),
    ],
    [
      'one that ends too soon, before its id, and names no version',
      '{"result":{"content":[{"type":"text","text":"lo\n',
    ],
    [
      'one that ends too soon and is followed by another message',
      `{"jsonrpc":"2.0","id":$id,"result":{"content":[{"type":"te\n${NOTE}\n`,
    ],
    ['no id', `{"jsonrpc":"2.0","result":${RESULT}}\n`],
    ['an id of null', `{"jsonrpc":"2.0","id":null,"result":${RESULT}}\n`],
    ['an id of null, over several lines', `{\n"jsonrpc":"2.0",\n"id":null,\n"result":${RESULT}\n}\n`],
    ['an id that is an object', `{"jsonrpc":"2.0","id":{"n":$id},"result":${RESULT}}\n`],
    ['an id that is a fraction', `{"jsonrpc":"2.0","id":1.5,"result":${RESULT}}\n`],
  ])('%s', async (_what, text) =>
    lent(async (shared) => {
      const id = shared.call('say', { text }, next++);
      const answer = await shared.answerTo(id);
      expect(answer).toMatchObject({ error: { code: -32000, message: expect.stringContaining('backend') as string } });
      // Whoever follows is served.
      const echo = shared.call('echo', { text: 'still there' }, next++);
      expect(await shared.answerTo(echo)).toMatchObject({ result: { content: [{ text: 'still there' }] } });
    }),
  );

  it('an error with an id of null is told to the only call that it can answer', async () =>
    lent(async (shared) => {
      const text = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error","data":{"at":7}}}\n';
      const id = shared.call('say', { text }, next++);
      expect(await shared.answerTo(id)).toEqual({
        jsonrpc: '2.0',
        id,
        error: { code: -32700, message: 'Parse error', data: { at: 7 } },
      });
    }));

  it.each([
    '{"jsonrpc":"2.0","error":{"code":-32603,"message":"boom"}}',
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32603,"message":"boom"}}',
  ])('an error that names no request, as well: %s', async (text) =>
    lent(async (shared) => {
      const id = shared.call('say', { text: `${text}\n` }, next++);
      expect(await shared.answerTo(id)).toMatchObject({ id, error: { code: -32603, message: 'boom' } });
    }),
  );

  it('a question that is not clean is refused, so that whoever asks does not wait for ever', async (context) => {
    const client = await overStdio(startedIn(context));
    const text = '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"x":NaN}}\n';
    client.call('say', { text });
    await client.line(/heard .*"id":"q","error"/);
  });

  it('whichever of two calls was meant, the one whose answer came is not ended', async (context) => {
    const client = await overStdio(startedIn(context));
    const healthy = client.call('hold');
    const lost = client.call('say', { text: '{"jsonrpc":"2.0","result":{"content":[{"te\n' });
    expect(await client.answerTo(lost, 4_000)).toBeUndefined();
    client.call('release');
    expect(await client.answerTo(healthy)).toMatchObject({ result: { content: [{ text: 'held' }] } });
    expect(await client.answerTo(lost)).toMatchObject({ error: { code: -32000 } });
  });
});

describe.concurrent('43 progress of a call', () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await sharing.endpoint([...SERVER]));
  });

  it.each<[string | number, string]>([
    [70, '"70"'],
    ['80', '80'],
    [90, '90'],
  ])('that brought the token %j is told by it, though the server writes %s', async (token, written) => {
    const client = await sharing.client(url);
    const text = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${written},"progress":1}}\n`;
    const told = client.next(({ message }) => message.method === 'notifications/progress');
    client.start('tools/call', { name: 'say', arguments: { text }, _meta: { progressToken: token } });
    expect((await told).message.params).toEqual({ progressToken: token, progress: 1 });
  });
});

describe.concurrent('43 a call that is well is not ended by', () => {
  it.for<[string, string]>([
    ['a line that is no message', 'Server running on stdio\n'],
    ['a log line as JSON that has an id', '{"level":"info","id":$id,"msg":"called"}\n'],
    ['a log line as JSON that tells of an error', '{"level":"error","id":$id,"error":"retrying"}\n'],
    ['a log line that repeats the call', 'received {"jsonrpc":"2.0","id":$id,"method":"tools/call","params":{}}\n'],
    ['a log line that repeats an answer of the client', 'received {"jsonrpc":"2.0","id":"answered","result":{}}\n'],
    ['an object that Node shows', '{\n  port: 3000,\n  id: $id\n}\n'],
    ['an unfinished notification', '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"lo\n'],
    ['a notification with NaN', '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":NaN}}\n'],
    ['an unfinished answer to another call', '{"jsonrpc":"2.0","id":"another","result":{"content":[\n'],
  ])('%s', async ([, text], context) => {
    const started = startedIn(context);
    await Promise.all(
      [direct, overStdio].map(async (connect) => {
        const client = await connect(started);
        client.send({ jsonrpc: '2.0', id: 'answered', result: {} });
        const well = client.call('hold', {}, 'answered');
        const id = client.call('say', { text });
        client.call('release');
        // The tool `say` says no more than that: its call is what must not be answered.
        await client.answerTo(well);
        const early = await client.answerTo(id, connect === direct ? 100 : 3_500);
        expect(early).toBeUndefined();
        expect(client.messages.filter(({ id: one, method }) => one === 'answered' || method === 'tools/call')).toEqual([
          { jsonrpc: '2.0', id: 'answered', result: { content: [{ type: 'text', text: 'held' }] } },
        ]);
      }),
    );
  });
});
