/** Faults in C6 to C11: bounds, sessions, transparency, synchrony, callbacks and closing; and in the rules. */
import { mutant, type Mutant } from './mutant.js';

const ROUTE = 'src/routing/route.ts';
const LEDGER = 'src/routing/ledger.ts';
const PIPELINE = 'src/interceptor/pipeline.ts';
const DELIVERY = 'src/interceptor/delivery.ts';
const ORDER = 'src/interceptor/write-order.ts';
const DOWNSTREAM = 'src/interceptor/downstream.ts';
const PARKING = 'src/streams/parking.ts';
const WATCH = 'src/streams/stream-watcher.ts';

export const LIFE_MUTANTS: readonly Mutant[] = [
  mutant(
    'C6',
    'let any number wait',
    PARKING,
    'this.#room.size >= maxParked && !this.#makeRoom()',
    'this.#room.size < maxParked && maxParked < 0',
  ),
  mutant(
    'C6',
    'leave the questions of the client open that it has answered',
    PIPELINE,
    '    ledger.closeExchange(message.id);\n',
    '    void ledger;\n',
  ),
  mutant(
    'C6',
    'keep what was in flight when the transport is closed',
    'src/routing/ledgers.ts',
    '    for (const ledger of this.#ledgers()) ledger.clear();\n    this.#only = this.#named = undefined;',
    '',
  ),
  mutant(
    'C7',
    'take every session for the same',
    PIPELINE,
    '  return session === undefined ? undefined : sessions.named(session);',
    "  return session === undefined ? undefined : sessions.named('the same');",
  ),
  mutant(
    'C7',
    'send for the session whose request came in last, whichever the message is of',
    'src/interceptor/decide.ts',
    'if (session !== undefined) return sessions.named(session);',
    'const last = isResponse(message) ? undefined : [...sessions.inFlight()].at(-1)?.ledger;\n' +
      '  if (session !== undefined) return last ?? sessions.named(session);',
  ),
  mutant(
    'C7',
    'take an id for its text',
    'src/routing/by-id.ts',
    'this.#first?.id === id ? this.#first :',
    'String(this.#first?.id) === String(id) ? this.#first :',
  ),
  mutant(
    'C7',
    'answer in the place of the client what another session of the same name for it has asked',
    'src/interceptor/answer-for-client.ts',
    '    this.#abandon(exchange, ledger, neverResumed);',
    '    for (const all of [...this.owner.sessions.exchanges()]) {\n' +
      '      if (all.exchange.id === exchange.id) this.#abandon(all.exchange, all.ledger, neverResumed);\n    }',
  ),
  mutant(
    'C7',
    'follow the context to a request of the other transport',
    'src/interceptor/origin.ts',
    'while (entry !== undefined && entry.ledger.life.transport !== transport) entry = entry.outer;',
    'void transport;',
  ),
  mutant(
    'C8',
    'hand over a copy of extra',
    DOWNSTREAM,
    '    this.#onmessage?.(message, extra);',
    '    this.#onmessage?.(message, { ...(extra as object) });',
  ),
  mutant(
    'C8',
    'lose the other options of what goes on the standalone stream',
    DELIVERY,
    '      return others;',
    "      return { marker: others['marker'] };",
  ),
  mutant(
    'C8',
    'add an option to what goes on the stream of a request',
    DELIVERY,
    '{ ...options, relatedRequestId: route.entry.id };',
    '{ ...options, relatedRequestId: route.entry.id, added: true };',
  ),
  mutant(
    'C9',
    'write a moment later',
    ORDER,
    'const written = attempt(write);',
    'const written = Promise.resolve().then(write);',
  ),
  mutant(
    'C9',
    'wait for other streams',
    'src/interceptor/stream-of.ts',
    'if (entry.carrier instanceof OrderedStream) return entry.carrier;',
    'if (entry.id !== undefined) return this.#standaloneOf(undefined);',
  ),
  mutant(
    'C10',
    'let a handler that throws leave its request without an answer',
    PIPELINE,
    "    if (entry?.state === 'in-flight') around.failed(entry);\n",
    '',
  ),
  mutant(
    'C10',
    'let the subscribers of routes$ throw into delivery',
    'src/interceptor/guarded.ts',
    '    try {\n      call();\n    } catch (cause) {\n      this.onError(cause);\n    }',
    '    call();',
  ),
  mutant(
    'C10',
    'let scopeOf throw',
    'src/interceptor/decide.ts',
    "const chosen = own && consult('scopeOf', around, () => own(method));",
    'const chosen = own?.(method);',
  ),
  mutant(
    'C10',
    'let onerror throw',
    'src/interceptor/report.ts',
    "    } catch (cause) {\n      debug.error('onerror threw: %o', cause);\n    }",
    '    } finally {\n      // nothing\n    }',
  ),
  mutant(
    'C10',
    'say nothing of an onclose that throws',
    DOWNSTREAM,
    "this.report(callbackFailed('onclose', cause));",
    'void [cause, callbackFailed];',
  ),
  mutant(
    'C10',
    'say nothing of a subscriber that throws',
    'src/interceptor/observables.ts',
    'this.report(callbackFailed(`a subscriber of ${name}`, cause));',
    'void [name, cause, callbackFailed];',
  ),
  mutant(
    'C11',
    'fire onclose as often as the transport says so',
    DOWNSTREAM,
    '    if (!this.#isOpen && !this.#owesOnclose) return;\n',
    '',
  ),
  mutant(
    'C11',
    'leave pending what was being written when the transport is closed',
    ORDER,
    'for (const job of jobs) this.#end(job, error);',
    'void [jobs, error];',
  ),
  mutant(
    'C11',
    'leave pending what waits for a stream when the transport is closed',
    PARKING,
    "    for (const ticket of this.#room.takeAll()) this.outcome.giveUp(ticket, 'CLOSED');",
    '',
  ),
  mutant(
    'C11',
    'let the timer of what waits run on when the transport is closed',
    PARKING,
    '  close(): void {\n    this.#stopTimer();\n',
    '  close(): void {\n',
  ),
  mutant(
    'C11',
    'let the timer of orphans run on when the transport is closed',
    'src/streams/orphans.ts',
    '  close(): void {\n    this.#stop();\n',
    '  close(): void {\n',
  ),
  mutant(
    'C11',
    'close as often as it is asked to',
    DOWNSTREAM,
    'if (this.#closing !== undefined) return this.#closing;',
    '',
  ),
  mutant(
    'C11',
    'send on behalf of a connection that is over',
    'src/interceptor/decide.ts',
    'const isOfClosedLife = origin?.ledger.life.over === true;',
    'const isOfClosedLife = origin?.ledger.life.over === undefined;',
  ),
  mutant(
    'C4',
    'deliver again what was delivered',
    DELIVERY,
    'settle(departure, turn.isSent ? taken : taken.then(() => turn.redirected));',
    "settle(departure, turn.isSent ? taken : taken.then(() => turn.redirected));\n    if (route.to === 'standalone') void this.order.write(undefined, 0, () => this.inner.send(message, options));",
  ),
  mutant(
    'rules',
    'attribute to a request of the second rank while one of the first runs',
    LEDGER,
    'return this.#candidates.first.newest ?? this.#candidates.second.newest;',
    'return this.#candidates.second.newest ?? this.#candidates.first.newest;',
  ),
  mutant(
    'rules',
    'guess where the caller wants certainty',
    ROUTE,
    "hints.scope !== 'either' && hints.ambiguous === 'reject';",
    "hints.scope !== 'either' && hints.ambiguous !== 'reject' && hints.ambiguous !== 'last-inbound';",
  ),
  mutant(
    'rules',
    'take a GET that resumes a POST for the standalone stream',
    WATCH,
    '![lastEventId, ...replayed].some((id) => this.#standaloneIds.has(id));',
    '![lastEventId, ...replayed].every(() => true);',
  ),
];
