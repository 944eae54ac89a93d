/** Faults in our own Streamable HTTP transport, and in relaying text as it was read. */
import { mutant, type Mutant } from './mutant.js';

const STREAMS = 'src/http/streams.ts';
const SENDER = 'src/http/sender.ts';
const STREAM = 'src/http/event-stream.ts';
const REPLAY = 'src/http/replay.ts';
const RECEIVER = 'src/http/receiver.ts';
const READING = 'src/http/reading.ts';
const CHECKS = 'src/http/request-checks.ts';
const BARE = 'src/http/bare-transport.ts';

export const HTTP_MUTANTS: readonly Mutant[] = [
  mutant(
    'C1',
    'end a stream before all requests of a batch are answered',
    SENDER,
    'const isLast = post.answered',
    'const isLast = post.isComplete || post.isFinished === false || post.answered',
  ),
  mutant(
    'C5',
    'say nothing of a message whose stream is gone',
    SENDER,
    '  if (post === undefined) throw noConnection(id);\n',
    '  if (post === undefined) return SETTLED;\n',
  ),
  mutant(
    'C5',
    'tell nobody that the stream of a request is lost',
    STREAMS,
    'for (const request of post.requests) this.listener?.requestLost(request);',
    'void post.requests;',
  ),
  mutant(
    'C5',
    'release nothing when the client opens its standalone stream',
    'src/http/returning.ts',
    '    endpoint.streams.openStandalone(visit).start();\n    endpoint.streams.listener?.streamOpened();',
    '    endpoint.streams.openStandalone(visit).start();',
  ),
  mutant(
    'C5',
    'let the older GET win',
    STREAMS,
    '    this.standalone = stream;\n',
    '    this.standalone = older ?? stream;\n',
  ),
  mutant(
    'C5',
    'forget what was stored while a client came back',
    REPLAY,
    'if (missed.streamId === streamId && !this.given.has(missed.eventId))',
    'if (missed.streamId !== streamId && !this.given.has(missed.eventId))',
  ),
  mutant(
    'C4',
    'write twice what the store has given',
    SENDER,
    'const isGiven = eventId !== undefined && stream.replayed?.has(eventId) === true;',
    'const isGiven = eventId === undefined && stream.replayed?.has("") === true;',
  ),
  mutant('C5', 'call every stream resumable', STREAMS, 'if (post.isResumable || post.isComplete) return;', 'return;'),
  mutant(
    'C6',
    'keep a POST that is answered',
    STREAMS,
    'if (this.#posts.get(id) === post) this.#posts.delete(id);',
    'void post;',
  ),
  mutant(
    'C6',
    'buffer without a limit',
    'src/http/slow-client.ts',
    '<= USUALLY_BUFFERED || !client.hasTooMuchBuffered) return;',
    '<= USUALLY_BUFFERED || client.hasTooMuchBuffered || !client.hasTooMuchBuffered) return;',
  ),
  mutant('C6', 'read bodies without a limit', 'src/http/body.ts', 'if (end > this.max) return false;', ''),
  mutant(
    'C7',
    'serve the session of another client',
    CHECKS,
    'if (id !== state.sessionId) return UNKNOWN_SESSION;',
    '',
  ),
  mutant(
    'C8',
    'serve every protocol version',
    CHECKS,
    '  return wrongVersion(version, versions);',
    '  return version === "" ? wrongVersion(version, versions) : undefined;',
  ),
  mutant(
    'C8',
    'serve a page of another site',
    BARE,
    'const refusal = checkSite(visit.request.headers, this.settings);',
    'const refusal = undefined as ReturnType<typeof checkSite>;',
  ),
  mutant(
    'C8',
    'begin a session twice',
    RECEIVER,
    'if (endpoint.isInitialized && endpoint.sessionId !== undefined) return refusals.INITIALIZED_ALREADY;',
    '',
  ),
  mutant(
    'C8',
    'name no event before the first message',
    RECEIVER,
    'return version >= FIRST_WITH_PRIMING &&',
    "return version > '9' && version >= FIRST_WITH_PRIMING &&",
  ),
  mutant(
    'C8',
    'answer a client that accepts only JSON on a stream',
    RECEIVER,
    'const isJson = accepted.json && (settings.enableJsonResponse || !accepted.stream);',
    'const isJson = accepted.json && settings.enableJsonResponse;',
  ),
  mutant(
    'C11',
    'let a JSON answer hang when the transport closes',
    STREAMS,
    '  json?.refuse(CLOSED);\n',
    '  void [json, CLOSED];\n',
  ),
  mutant(
    'C5',
    'hear of no answer that is refused',
    BARE,
    'if (posted === undefined || listener?.expectsAnswers !== true ||',
    'if (posted === undefined || listener?.expectsAnswers === true ||',
  ),
  mutant(
    'C9',
    'send the head alone',
    STREAM,
    '    this.#place = lateStart(this);\n',
    '    this.#place = lateStart(this);\n    queueMicrotask(() => {\n      this.start();\n    });\n',
  ),
  mutant(
    'C15',
    'take a body that a proxy has cleaned for the text that was read',
    READING,
    'messages[at] === message ? own : undefined',
    'own',
  ),
  mutant(
    'C15',
    'write a message anew though its text is known',
    'src/original-text.ts',
    '  return texts.get(message);\n',
    '  return void texts.get(message);\n',
  ),
  mutant(
    'C15',
    'write the text of a message on several lines',
    'src/json-messages.ts',
    "json.replaceAll(/[\\r\\n]+/g, ' ')",
    'text',
  ),
];
