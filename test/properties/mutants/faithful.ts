/** Faults in C15 and C16, and in what C5 says of messages that cannot be written and of answers that are refused. */
import { mutant, type Mutant } from './mutant.js';

const ROUTE = 'src/routing/route.ts';
const LEDGER = 'src/routing/ledger.ts';
const DELIVERY = 'src/interceptor/delivery.ts';
const ANSWERS = 'src/interceptor/answer-for-client.ts';

export const FAITHFUL_MUTANTS: readonly Mutant[] = [
  mutant(
    'C5',
    'give what cannot be written to a transport that does not tell',
    DELIVERY,
    "return waits || this.fails === 'silently' ? unwritable(message) : undefined;",
    'return waits ? unwritable(message) : undefined;',
  ),
  mutant(
    'C5',
    'leave a response that cannot be written without an answer',
    DELIVERY,
    'return this.inner.send(resultCannotBeWritten(this.id), options);',
    'return Promise.resolve(void [resultCannotBeWritten, options]);',
  ),
  mutant(
    'C5',
    'say nothing in the place of a response that a pipe cannot write',
    'src/interceptor/write-order.ts',
    "const instead = job.state === 'over' ? undefined : attempted(job.write);",
    "const instead = job.state === 'over' ? attempted(job.write) : undefined;",
  ),
  mutant(
    'C5',
    'leave open a server request whose answer was refused',
    'src/streams/stream-watcher.ts',
    'if (status >= 400 && connection.posted !== undefined) this.listener.refused(connection.posted);',
    'void status;',
  ),
  mutant(
    'C5',
    'put the question of a call whose client has left to another call',
    ROUTE,
    'return isOfCancelled(situation) || isOfVanished(situation);',
    'return isOfCancelled(situation);',
  ),
  mutant(
    'C15',
    'write an error in the place of each response',
    DELIVERY,
    'if (answers !== undefined && isEmptyResponse(message))',
    'if (answers !== undefined)',
  ),
  mutant(
    'C15',
    'settle another server request than the one whose answer was refused',
    ANSWERS,
    '      const exchange = ledger.exchanges.get(id);\n',
    '      const [exchange] = id === undefined ? [] : [...ledger.exchanges.values()].reverse();\n',
  ),
  mutant(
    'C15',
    'take a request that was refused for an answer',
    'src/streams/answer-scanner.ts',
    "    if (this.#key === 'method') this.#seen.isMethod = true;\n",
    '',
  ),
  mutant(
    'C7',
    'settle a server request for a client of another session',
    'src/interceptor/watched-streams.ts',
    "return methodOf(request) === 'POST' && isOfSession(request, sessionId);",
    "return methodOf(request) === 'POST' && void isOfSession(request, sessionId) === undefined;",
  ),
  mutant(
    'C16',
    'count no request that was cancelled',
    LEDGER,
    "    if (state === 'cancelled') this.#candidates.setAside(entry);\n    else this.#candidates.remove(entry);\n",
    '    this.#candidates.remove(entry);\n',
  ),
  mutant(
    'C16',
    'count a request that was cancelled though it is answered',
    LEDGER,
    '    this.#asksNoMore(entry);\n    this.#cancelled?.close(entry);\n',
    '    this.#cancelled?.close(entry);\n',
  ),
  mutant(
    'C16',
    'forget what was cancelled in a session in which nothing else is left',
    'src/routing/ledgers.ts',
    'if (ledger.hasUnanswered) {',
    "if (ledger.hasUnanswered && session === '') {",
  ),
  mutant(
    'C16',
    'take a turn for certain while a call that was given up is not answered',
    'src/proxy/call-turns.ts',
    'return this.#givenUp.size > 0;',
    'return this.#givenUp.size < 0;',
  ),
];
