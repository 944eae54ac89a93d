/** Faults in C12 to C14, where the door for modern clients meets sessions. */
import { mutant, type Mutant } from './mutant.js';

const DOOR = 'src/modern/door.ts';
const EXCHANGE = 'src/modern/exchange.ts';
const POOL = 'src/modern/pool.ts';
const ENTRY = 'src/proxy/modern-entry.ts';
const PLACE = 'src/modern/place.ts';
const WEB_WRITER = 'src/modern/web-writer.ts';
const STREAMS = 'src/modern/call-streams.ts';
const INNER = 'src/modern/inner-transport.ts';
const ROUNDS = 'src/modern/rounds.ts';

export const DOOR_MUTANTS: readonly Mutant[] = [
  mutant('C13', 'run a retry without a handle', DOOR, ' || call.inputResponses !== undefined', ''),
  mutant('C12', 'let a list carry a server request', STREAMS, 'stream.call?.mayAsk === true;', 'true;'),
  mutant(
    'C12',
    'lose a result that comes while the client is away',
    EXCHANGE,
    'this.#held = message;',
    'void message;',
  ),
  mutant(
    'C12',
    'leave the backend alone when the client leaves',
    EXCHANGE,
    "writer.onGone(() => this.#cancel('the client has left'));",
    'writer.onGone(() => undefined);',
  ),
  mutant('C12', 'keep a call whose answers the backend has refused', ENTRY, 'refused?.();', 'void refused;'),
  mutant(
    'C12',
    'leave a server request open when its call ends',
    EXCHANGE,
    '    this.#rounds.end();\n    this.#toBackend({',
    '    this.#toBackend({',
  ),
  mutant(
    'C14',
    'ask a client what it has not declared',
    EXCHANGE,
    'missing === undefined && isInputMethod',
    'isInputMethod',
  ),
  mutant('C14', 'give a session away while the backend works for another', POOL, '!isUsable || ', ''),
  mutant('C14', 'give a session to two calls at once', POOL, 'let newest = idle?.pop();', 'let newest = idle?.at(-1);'),
  mutant('C14', 'share the session of anonymous clients', POOL, "'shared' && isKnown", "'shared'"),
  mutant('C14', 'lend the session of an anonymous client', POOL, '!caller.isKnown || ', ''),
  mutant(
    'C14',
    'let a server request wait for another client',
    POOL,
    'hasSeveralClients = !caller.isKnown',
    'hasSeveralClients = false',
  ),
  mutant(
    'C12',
    'say nothing when the session is over',
    INNER,
    'call.received(errorAnswer(id, ENDED), undefined);',
    'void id;',
  ),
  mutant('C12', 'leave a dialog open that nobody answers', ROUNDS, 'this.isExpired && ', 'false && '),
  mutant(
    'C13',
    'run a call whose headers say something else',
    DOOR,
    '    if (refusal !== undefined) {\n      refuse(visit, refusal);',
    '    if (refusal?.id === null) {\n      refuse(visit, refusal);',
  ),
  mutant(
    'C13',
    'go on with a call for a credential that was not accepted',
    DOOR,
    "const found = renewed === 'renewed' ? ",
    'const found = true ? ',
  ),
  mutant(
    'C14',
    'renew the session of an anonymous client',
    ENTRY,
    "if (!this.#tellsWho(session.credential)) return 'another';",
    'void this.#tellsWho(session.credential);',
  ),
  mutant('C14', 'leave a session to others that was renewed', DOOR, 'place.isTainted = true;', 'void place;'),
  mutant(
    'C12',
    'keep a session that nobody waits for and that does not begin',
    PLACE,
    "if (this.isUnused) this.end('it was not initialized');",
    '',
  ),
  mutant('C12', 'round the numbers of answers', ROUNDS, 'withTextOfParts({', '({'),
  mutant(
    'C12',
    'keep all for a client that does not read',
    WEB_WRITER,
    'if ((this.#stream?.desiredSize ?? 0) >= 0)',
    'if ((this.#stream?.desiredSize ?? 0) <= Infinity)',
  ),
  mutant(
    'C12',
    'let calls wait for the users of others',
    ENTRY,
    "serialize && modernSessions === 'shared' ? 'lease' : modernSessions",
    'serialize ? modernSessions : modernSessions',
  ),
  mutant(
    'C12',
    'keep any number of sessions that no call uses',
    POOL,
    'if (this.#unused.size > this.options.maxIdle) ',
    'if (this.#unused.size > 1e6) ',
  ),
];
