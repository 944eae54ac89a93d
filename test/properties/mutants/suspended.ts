/** Faults in C12 to C14: a server request is lost, a call is taken by another or twice, or a session is shared wrongly. */
import { mutant, type Mutant } from './mutant.js';

const DIGEST = 'src/modern/call-digest.ts';
const TEXT = 'src/modern/canonical-text.ts';
const JSON_TEXT = 'src/json-text.ts';
const SUSPENDED = 'src/modern/suspended-calls.ts';
const ROUND = 'src/modern/input-round.ts';
const KEY = 'src/modern/session-key.ts';

export const SUSPENDED_MUTANTS: readonly Mutant[] = [
  mutant('C13', 'let a retry have another method', DIGEST, '`${JSON.stringify(message.method)}\\n${', '`${'),
  mutant('C13', 'take every number for one that JavaScript holds', JSON_TEXT, '!DOUBTFUL.test(json)', 'json !== ""'),
  mutant('C13', 'read the numbers of a call as JavaScript holds them', DIGEST, 'text === undefined ?', 'true ?'),
  mutant('C13', 'let a retry change its arguments', DIGEST, "['_meta',", "['_meta', 'arguments',"),
  mutant('C13', 'round a number that is compared', TEXT, '"n${exactNumber(', '"n${Number('),
  mutant(
    'C13',
    'compare members in the order in which they came',
    TEXT,
    'Object.keys(value).sort()',
    'Object.keys(value)',
  ),
  mutant(
    'C13',
    'take a number for its text',
    TEXT,
    ': JSON.stringify(value.slice(mark.length));',
    ': value.slice(mark.length);',
  ),
  mutant(
    'C13',
    'leave a call that was taken',
    SUSPENDED,
    '    this.#remove(record);\n    return record.payload;\n  }\n\n  /** No call is',
    '    return record.payload;\n  }\n\n  /** No call is',
  ),
  mutant(
    'C13',
    'give a call to whoever has its handle',
    SUSPENDED,
    ' || !timingSafeEqual(record.owner, ownerOf(principal, digest))',
    '',
  ),
  mutant(
    'C13',
    'give a call to its principal for another call',
    SUSPENDED,
    'JSON.stringify([principal, digest])',
    'principal',
  ),
  mutant(
    'C13',
    'spend the handle of the owner on the try of another',
    SUSPENDED,
    'if (record === undefined || !timingSafeEqual',
    'if (record !== undefined) this.#remove(record);\n    if (record === undefined || !timingSafeEqual',
  ),
  mutant(
    'C13',
    'take a call whose time is over',
    SUSPENDED,
    "take(handle: string, principal: string, digest: string): T | 'refused' {\n    this.#expireOverdue();",
    "take(handle: string, principal: string, digest: string): T | 'refused' {",
  ),
  mutant(
    'C13',
    'give up a call twice',
    SUSPENDED,
    '      this.#remove(record);\n      this.#onExpired(record.payload);',
    '      this.#onExpired(record.payload);\n      this.#remove(record);\n      this.#onExpired(record.payload);',
  ),
  mutant(
    'C13',
    'give up one call per timer',
    SUSPENDED,
    '      this.#onExpired(record.payload);\n    }\n    return undefined;',
    '      this.#onExpired(record.payload);\n      return undefined;\n    }\n    return undefined;',
  ),
  mutant(
    'C13',
    'give up a call on behalf of another',
    SUSPENDED,
    'onNobodysBehalf(() => this.giveUpOverdue())',
    'this.giveUpOverdue()',
  ),
  mutant(
    'C13',
    'drop a call to make room',
    SUSPENDED,
    "if (this.size >= this.#maxSuspended) return 'full';",
    'if (this.size >= this.#maxSuspended) for (const oldest of this.#records.values()) { this.#remove(oldest); break; }',
  ),
  mutant('C13', 'count the calls of a session that were taken', SUSPENDED, '    ofSession?.delete(record.key);\n', ''),
  mutant('C13', 'suspend calls after the end', SUSPENDED, "if (this.#isClosed) return 'closed';\n", ''),
  mutant(
    'C12',
    'tell a client of a server request that arrives while it is busy at once',
    ROUND,
    "if (round.phase.name !== 'quiet') return",
    "if (round.phase.name === 'gathering') return",
  ),
  mutant(
    'C12',
    'tell of each server request alone',
    ROUND,
    'const inputs = round.open.map(',
    'const inputs = round.open.slice(0, 1).map(',
  ),
  mutant(
    'C12',
    'do not ask again what was left out',
    ROUND,
    'return gathering({ ...round, open }, at, effects);',
    "return { round: { ...round, phase: { name: 'quiet' }, open: [] }, effects };",
  ),
  mutant(
    'C12',
    'take the answer to what was not told',
    ROUND,
    'return isTold && Object',
    'return (isTold || true) && Object',
  ),
  mutant('C12', 'believe a timer that is early', ROUND, 'if (at < until) return', 'if (at < 0) return'),
  mutant(
    'C12',
    'keep open what the client has answered',
    ROUND,
    'round.open.filter((input) => !isAnswered(input, answers))',
    'round.open.filter(() => true)',
  ),
  mutant(
    'C12',
    'give the same key to two server requests',
    ROUND,
    'const keys = round.keys + 1;',
    'const keys = round.open.length + 1;',
  ),
  mutant(
    'C12',
    'go on with a round that was withdrawn',
    ROUND,
    "open.length === 0 && round.phase.name === 'gathering'",
    'false',
  ),
  mutant(
    'C12',
    'leave open what nobody will answer',
    ROUND,
    "event.type === 'arrived' ? [{ type: 'give-up', request: event.request }] : []",
    '[]',
  ),
  mutant('C14', 'share a session among principals', KEY, '[principal, canonicalText', '[canonicalText'),
  mutant(
    'C14',
    'share a session among clients with other capabilities',
    KEY,
    'JSON.stringify(capabilities ?? {})',
    'JSON.stringify(Object.keys(capabilities ?? {}))',
  ),
];
