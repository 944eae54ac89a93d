/** Faults in C6 to C11: bounds, sessions, transparency, synchrony, callbacks and closing; and in the rules. */
import { mutant, type Mutant } from './mutant.js';

const ROUTE = 'src/routing/route.ts';
const PIPELINE = 'src/interceptor/pipeline.ts';
const FORWARDING = 'src/interceptor/forwarding.ts';
const ORDER = 'src/interceptor/write-order.ts';
const DOWNSTREAM = 'src/interceptor/downstream.ts';
const LIFECYCLE = 'src/interceptor/lifecycle.ts';
const PARKING = 'src/streams/parking.ts';
const WATCH = 'src/streams/stream-watcher.ts';

export const LIFE_MUTANTS: readonly Mutant[] = [
  mutant(
    'C6',
    'let any number wait',
    PARKING,
    'return this.#queue.size >= maxParked || this.#queue.bytes >= maxParkedBytes;',
    'return this.#queue.bytes >= maxParkedBytes && maxParked < 0;',
  ),
  mutant(
    'C6',
    'leave the questions of the client open that it has answered',
    PIPELINE,
    '    ledger.exchanges.close(message.id);\n',
    '    void ledger;\n',
  ),
  mutant(
    'C6',
    'keep what was in flight when the transport is closed',
    'src/routing/ledgers.ts',
    '    for (const ledger of this.#ledgers()) ledger.clear();\n    this.#only = this.#named = this.#lingering = undefined;',
    '',
  ),
  mutant(
    'C7',
    'take every session for the same',
    PIPELINE,
    '  return session === undefined ? undefined : ledgers.named(session);',
    "  return session === undefined ? undefined : ledgers.named('the same');",
  ),
  mutant(
    'C7',
    'send for the session whose request came in last, whichever the message is of',
    'src/interceptor/decide.ts',
    'if (session !== undefined) return ledgers.named(session);',
    'const last = isResponse(message) ? undefined : [...ledgers.inFlight()].at(-1)?.ledger;\n' +
      '  if (session !== undefined) return last ?? ledgers.named(session);',
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
    '    this.#answer(exchange, ledger, neverResumed);',
    '    for (const all of [...this.transport.ledgers.exchanges()]) {\n' +
      '      if (all.exchange.id === exchange.id) this.#answer(all.exchange, all.ledger, neverResumed);\n    }',
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
    FORWARDING,
    '      return others;',
    "      return { marker: others['marker'] };",
  ),
  mutant(
    'C8',
    'add an option to what goes on the stream of a request',
    FORWARDING,
    '{ ...options, relatedRequestId: route.entry.id };',
    '{ ...options, relatedRequestId: route.entry.id, added: true };',
  ),
  mutant(
    'C9',
    'write a moment later',
    ORDER,
    'const written = performed(write);',
    'const written = Promise.resolve().then(() => performed(write));',
  ),
  mutant(
    'C9',
    'wait for other streams',
    'src/interceptor/ordered-streams.ts',
    'if (entry.carrier instanceof OrderedStream) return entry.carrier;',
    'if (entry.id !== undefined) return this.#standaloneOf(undefined);',
  ),
  mutant(
    'C10',
    'let a handler that throws leave its request without an answer',
    PIPELINE,
    "    if (entry?.state === 'in-flight') transport.handlerFailed(entry);\n",
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
    "const chosen = own && consult('scopeOf', transport, () => own(method));",
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
    LIFECYCLE,
    "this.owner.report(callbackFailed('onclose', cause));",
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
    LIFECYCLE,
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
    "    for (const message of this.#queue.takeAll()) this.outcome.giveUp(message, 'CLOSED');",
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
    LIFECYCLE,
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
    FORWARDING,
    'return this.#isSent ? written : written.then(() => this.#redirected);',
    "if (this.route.to === 'standalone')\n      void outlet.order.write(undefined, 0, { perform: () => outlet.inner.send(message, this.#options) });\n    return this.#isSent ? written : written.then(() => this.#redirected);",
  ),
  mutant(
    'rules',
    'attribute to a request of the second rank while one of the first runs',
    'src/routing/candidates.ts',
    'return this.#first.newest ?? this.#second.newest;',
    'return this.#second.newest ?? this.#first.newest;',
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
