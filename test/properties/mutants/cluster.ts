/** Faults in passing requests on to other nodes: a request runs twice, or a client gives up a session that lives. */
import { mutant, type Mutant } from './mutant.js';

const EXCHANGE = 'src/cluster/exchange.ts';
const FORWARDING = 'src/proxy/forwarding.ts';
const SIGNATURE = 'src/cluster/inner-request.ts';
const ADOPTION = 'src/cluster/adoption.ts';

export const CLUSTER_MUTANTS: readonly Mutant[] = [
  mutant(
    'nodes',
    'take a request that was sent for one that did not run',
    EXCHANGE,
    'const isRefused = !this.#isSent && wasRefused(error);',
    "const isRefused = wasRefused(error) || error.message === 'socket hang up';",
  ),
  mutant(
    'nodes',
    'repeat a request after its connection broke',
    FORWARDING,
    "      if (passed !== 'gone') return passed;\n      const next",
    "      if (passed !== 'gone' && (passed.status !== 502 || moves > 0)) return passed;\n      if (passed !== 'gone') continue;\n      const next",
  ),
  mutant(
    'nodes',
    'offer a session again after its connection broke',
    FORWARDING,
    "      if (passed !== 'gone') return passed;\n      node = ",
    "      if (passed !== 'gone' && offers > 1) return passed;\n      node = ",
  ),
  mutant(
    'nodes',
    'take a signed request twice',
    SIGNATURE,
    'isInTime && this.#seen.isNew(nonce)',
    'isInTime && this.#seen.isNew(`${nonce}${Math.random()}`)',
  ),
  mutant(
    'nodes',
    'leave what was added on the way',
    SIGNATURE,
    '    request.rawHeaders = endToEnd(request.rawHeaders);\n',
    '',
  ),
  mutant(
    'nodes',
    'adopt a session without its credential',
    ADOPTION,
    "if (!isSame(session.credential, credential)) return 'unknown';",
    'void isSame(session.credential, credential);',
  ),
  mutant(
    'nodes',
    'adopt a session that another node has adopted',
    ADOPTION,
    'if (await bounded(engine.replace(key, text, claimed, this.#ttlMs))) {',
    'await bounded(engine.put(key, claimed, this.#ttlMs));\n      if (claimed !== text) {',
  ),
];
