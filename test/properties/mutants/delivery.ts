/** Faults in C1 to C5: what leaves, where, in what order, and what becomes of the rest. */
import { mutant, type Mutant } from './mutant.js';

const ROUTE = 'src/routing/route.ts';
const LEDGER = 'src/routing/ledger.ts';
const DELIVERY = 'src/interceptor/delivery.ts';
const FORWARDING = 'src/interceptor/forwarding.ts';
const ORDER = 'src/interceptor/write-order.ts';
const LIVENESS = 'src/interceptor/liveness.ts';
const RESUMPTIONS = 'src/streams/resumptions.ts';
const WATCH = 'src/streams/stream-watcher.ts';
const PARKING = 'src/streams/parking.ts';

export const DELIVERY_MUTANTS: readonly Mutant[] = [
  mutant(
    'C1',
    'give a response other options than it came with',
    DELIVERY,
    'return this.inner.send(this.departure.message, this.departure.options);',
    'return this.inner.send(this.departure.message, { ...this.departure.options });',
  ),
  mutant(
    'C2',
    'believe the context of a request that was answered',
    ROUTE,
    "return entry?.state === 'in-flight' && entry.rank !== 'never' ?",
    "return entry !== undefined && entry.rank !== 'never' ?",
  ),
  mutant(
    'C2',
    'keep a request in the ledger after its answer',
    LEDGER,
    "    this.#release(entry, 'answered');\n    return entry;",
    '    return entry;',
  ),
  mutant(
    'C2',
    'let a stale explicit id through',
    FORWARDING,
    'this.#options = optionsFor(route, departure.options);',
    'this.#options = departure.options?.relatedRequestId === undefined ? optionsFor(route, departure.options) : departure.options;',
  ),
  mutant(
    'C3',
    'put the context before the explicit id',
    ROUTE,
    '[explicit, provenance, progressToken, sameExchange, relatedTask, scope, context, sole, lastInbound]',
    '[context, explicit, provenance, progressToken, sameExchange, relatedTask, scope, sole, lastInbound]',
  ),
  mutant(
    'C4',
    'put the question of a cancelled request, as its stamp says, to the user of another',
    ROUTE,
    " || origin?.state === 'cancelled'",
    '',
  ),
  mutant('C16', 'hold a stamp for a guess', ROUTE, "'provenance', streams)", "'last-inbound', streams)"),
  mutant(
    'C3',
    'copy the options where nothing changes',
    FORWARDING,
    'return options?.relatedRequestId === route.entry.id ? options : {',
    'return {',
  ),
  mutant(
    'C4',
    'keep no order on a stream',
    ORDER,
    'if (stream === undefined || stream.underWay === 0 || stream.isCalling)',
    'if (stream === undefined || stream.underWay >= 0)',
  ),
  mutant('C4', 'let the last who waits go first', ORDER, 'stream.waiting.shift()', 'stream.waiting.pop()'),
  mutant(
    'C4',
    'let a response overtake what waits on its stream',
    DELIVERY,
    'departure.settle(this.order.write(stream, departure.routedAt,',
    'departure.settle(this.order.write(stream && undefined, departure.routedAt,',
  ),
  mutant('C4', 'give each request of a batch an order of its own', LIVENESS, '      request.carrier = arriving;\n', ''),
  mutant(
    'C5',
    'write on a stream that is gone',
    LIVENESS,
    '    request.ledger.setAdrift(request);\n',
    '    void request;\n',
  ),
  mutant(
    'C5',
    'write on a stream that went while the message waited',
    FORWARDING,
    "if (route.to === 'request') return route.entry.adrift;",
    "if (route.to === 'request') return false;",
  ),
  mutant(
    'C5',
    'write on the standalone stream that went while the message waited',
    FORWARDING,
    "if (route.to !== 'standalone' || liveness?.streams.standalone !== 'closed') return false;",
    'if (liveness === undefined || route !== undefined) return false;',
  ),
  mutant(
    'C5',
    'never let what is parked expire',
    PARKING,
    'if (!message.isOverdue && message.since < this.#scheduledSince) this.#schedule();',
    '',
  ),
  mutant(
    'C5',
    'report no notification that is refused',
    DELIVERY,
    '      departure.transport.report(error);\n      departure.settle(Promise.resolve());',
    '      departure.settle(Promise.resolve());',
  ),
  mutant(
    'C5',
    'never give up a write that stalls',
    ORDER,
    'for (const job of overdue) this.#end(job, this.stalled(this.stallTimeoutMs));',
    'void overdue;',
  ),
  mutant(
    'C5',
    'let nobody look for orphans when a connection goes',
    LIVENESS,
    '    this.#orphans.clientSeen();',
    '    void this.#orphans;',
  ),
  mutant(
    'C5',
    'time a question out while the client holds a stream',
    LIVENESS,
    'return this.#clientStreams.openStreams?.connections === 0 && this.transport.ledgers.openExchanges > 0;',
    'return this.transport.ledgers.openExchanges > 0;',
  ),
  mutant('C5', 'release nothing when a stream opens', LIVENESS, '    this.#parking?.release();\n', ''),
  mutant(
    'C5',
    'take a GET that was replaced for the one that ends',
    'src/streams/open-streams.ts',
    'if (streams.standalone !== event.connection) return streams;',
    '',
  ),
  mutant('C5', 'add a related id in JSON mode', ROUTE, "entry.isStreaming ?? streams.requests === 'open'", 'true'),
  mutant(
    'C5',
    'wait for no client that comes back',
    LIVENESS,
    'return this.#clientStreams.resumption(stream);',
    'return stream.underWay < 0 ? this.#clientStreams.resumption(stream) : undefined;',
  ),
  mutant(
    'C11',
    'write what has waited for a client that comes back though the transport has closed',
    ORDER,
    "(job.state === 'over' ? undefined : this.#onceResumed(job, stream))",
    'this.#onceResumed(job, stream)',
  ),
  mutant(
    'C9',
    'wait for a client that comes back to another stream',
    RESUMPTIONS,
    'if (lastEventId !== undefined && mayBeOfStream(lastEventId)) return over;',
    'if (lastEventId !== undefined && mayBeOfStream !== undefined) return over;',
  ),
  mutant(
    'C9',
    'wait on for a client that comes back and goes again',
    WATCH,
    'connection.isResumable = true;\n    this.#resumptions?.ended(connection);\n',
    'connection.isResumable = true;\n',
  ),
  mutant(
    'C5',
    'take a client that has come back once for one that is there',
    ORDER,
    "return resumed.then(() => (job.state === 'over' ? undefined : this.#onceResumed(job, stream)));",
    "return resumed.then(() => (job.state === 'over' ? undefined : call(job, stream)));",
  ),
  mutant(
    'C5',
    'take a client that comes back for one that is there as soon as it has the head of its answer',
    WATCH,
    "if (connection.method !== 'GET' || !connection.isStream || connection.opensWhenHandled) return;",
    "if (connection.method !== 'GET' || !connection.isStream) return;",
  ),
  mutant(
    'C5',
    'wait for no client that comes back after an event of long ago',
    WATCH,
    'return !isOfStandalone && stream.isFinished && stream.isResumable;',
    'return stream.isFinished && !stream.isFinished && isOfStandalone;',
  ),
  mutant(
    'C9',
    'wait for a client that comes back as long as an event store may take',
    RESUMPTIONS,
    'const MAX_READING_MS = 10_000;',
    'const MAX_READING_MS = 29_000;',
  ),
  mutant(
    'C9',
    'wait for a client that comes back after an event of long ago on streams that it has not left',
    WATCH,
    'return !isOfStandalone && stream.isFinished && stream.isResumable;',
    'return !isOfStandalone && stream.isResumable;',
  ),
  mutant(
    'C7',
    'wait for a client that comes back to another session',
    WATCH,
    'if (this.hasSeveralSessions) return false;',
    'if (this.hasSeveralSessions && eventId === undefined) return false;',
  ),
];
