/** The envelope: what a modern request says in its `_meta`. */
import {
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  MODERN_VERSION,
  PROTOCOL_VERSION_KEY,
} from '../modern-era.js';
import { isRecord, isRequestId, type RequestId } from '../routing/message.js';
import { isLogLevel, type LogLevel } from './log-level.js';
import { invalidEnvelope, type Refusal } from './refusal.js';

/** The members of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** What the client says of itself, and of what it wants to be told while the call lasts. */
export interface Envelope {
  readonly capabilities: Fields;
  /** Its name and version. Nobody verifies them. */
  readonly clientInfo?: Fields;
  /** The least severe log messages that it wants. @default it wants none */
  readonly logLevel?: LogLevel;
  readonly progressToken?: RequestId;
}

/** A valid envelope, and the protocol version that it names: any text. */
interface ReadMeta {
  readonly kind: 'read';
  readonly version: string;
  readonly envelope: Envelope;
}

const REQUIRED = [PROTOCOL_VERSION_KEY, CLIENT_CAPABILITIES_KEY];

export function readMeta(id: RequestId, meta: unknown): ReadMeta | Refusal {
  if (!isRecord(meta)) return missingKeys(id, ['_meta']);
  const missing = REQUIRED.filter((key) => meta[key] === undefined);
  if (missing.length > 0) return missingKeys(id, missing);
  const {
    [PROTOCOL_VERSION_KEY]: version,
    [CLIENT_CAPABILITIES_KEY]: capabilities,
    [CLIENT_INFO_KEY]: clientInfo,
    [LOG_LEVEL_KEY]: logLevel,
    progressToken,
  } = meta;
  if (typeof version !== 'string') return invalidKey(id, PROTOCOL_VERSION_KEY, 'expected a string');
  if (!isRecord(capabilities)) return invalidKey(id, CLIENT_CAPABILITIES_KEY, 'expected an object');
  const wrong = wrongCapability(capabilities);
  if (wrong !== undefined) return invalidKey(id, `${CLIENT_CAPABILITIES_KEY}.${wrong}`, 'expected an object');
  if (clientInfo !== undefined && !isImplementation(clientInfo))
    return invalidKey(id, CLIENT_INFO_KEY, 'expected an object with a name and a version');
  if (logLevel !== undefined && !isLogLevel(logLevel)) return invalidKey(id, LOG_LEVEL_KEY, 'expected a logging level');
  const envelope: Envelope = {
    capabilities,
    ...(clientInfo !== undefined && { clientInfo }),
    ...(logLevel !== undefined && { logLevel }),
    ...(isRequestId(progressToken) && { progressToken }),
  };
  return { kind: 'read', version, envelope };
}

function missingKeys(id: RequestId, missing: readonly string[]): Refusal {
  const keys = missing.join(', ');
  return invalidEnvelope(id, `Invalid params: the request lacks the required envelope key(s): ${keys}`, { missing });
}

export function invalidKey(id: RequestId | null, key: string, problem: string): Refusal {
  const message = `Invalid _meta envelope for protocol revision ${MODERN_VERSION}: ${key}: ${problem}`;
  return invalidEnvelope(id, message, { key, problem });
}

/** The capabilities that the protocol defines, and their own: each is an object if it is there. All others are free. */
const CAPABILITIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['elicitation', ['form', 'url']],
  ['experimental', []],
  ['extensions', []],
  ['roots', []],
  ['sampling', ['context', 'tools']],
]);

/** The path to a capability that is no object. */
function wrongCapability(capabilities: Fields): string | undefined {
  for (const [name, members] of CAPABILITIES) {
    const capability = capabilities[name];
    if (capability === undefined) continue;
    if (!isRecord(capability)) return name;
    const member = members.find((each) => capability[each] !== undefined && !isRecord(capability[each]));
    if (member !== undefined) return `${name}.${member}`;
  }
  return undefined;
}

function isImplementation(info: unknown): info is Fields {
  return isRecord(info) && typeof info['name'] === 'string' && typeof info['version'] === 'string';
}
