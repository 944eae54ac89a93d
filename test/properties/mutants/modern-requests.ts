/** Faults in reading what modern clients post, and in what they are told: a rule is not kept, or something leaks. */
import { mutant, type Mutant } from './mutant.js';

const ENVELOPE = 'src/modern/envelope.ts';
const HEADERS = 'src/modern/header-checks.ts';
const PARAMS = 'src/modern/param-checks.ts';
const META = 'src/modern/meta.ts';
const REFUSAL = 'src/modern/refusal.ts';
const TO_LEGACY = 'src/modern/to-legacy.ts';
const TO_MODERN = 'src/modern/to-modern.ts';
const INPUT = 'src/modern/input-required.ts';
const TOLD = 'src/modern/notifications.ts';
const LISTEN = 'src/modern/listening.ts';
const LEVEL = 'src/modern/log-level.ts';
const CAPABILITIES = 'src/modern/capabilities.ts';

export const MODERN_REQUEST_MUTANTS: readonly Mutant[] = [
  mutant('C13', 'run a method that is gone', ENVELOPE, 'if (REMOVED.has(method) || ', 'if ('),
  mutant('C13', 'run a method of tasks', ENVELOPE, ' || isOfTasks(method, hasTasks)', ''),
  mutant(
    'C13',
    'take any version',
    ENVELOPE,
    '  if (version !== MODERN_VERSION) return unsupportedVersion(id, version);\n',
    '',
  ),
  mutant(
    'C13',
    'run a retry anew if its state is none',
    ENVELOPE,
    "if (requestState !== undefined && typeof requestState !== 'string')",
    'if (requestState === false)',
  ),
  mutant('C13', 'let any method be retried', ENVELOPE, '  if (!RETRIED.has(call.method)) return call;\n', ''),
  mutant(
    'C13',
    'believe the body, whatever the headers say',
    ENVELOPE,
    '  if (missing !== undefined) return missing;\n',
    '  void missing;\n',
  ),
  mutant(
    'C13',
    'compare names as they are encoded',
    HEADERS,
    'const name = textInHeader(inHeader);',
    'const name: string | undefined = inHeader;',
  ),
  mutant(
    'C13',
    'do without a name in the headers',
    HEADERS,
    "if (typeof inBody !== 'string') return undefined;\n    const body",
    'if (inBody !== false) return undefined;\n    const body',
  ),
  mutant('C13', 'compare resources by their names', HEADERS, "['resources/read', 'uri']", "['resources/read', 'name']"),
  mutant(
    'C13',
    'do without a header for an argument',
    PARAMS,
    'if (value === undefined) return headerMismatch',
    'if (value === undefined) return undefined;\n  if (value === body) return headerMismatch',
  ),
  mutant('C13', 'compare numbers by their text', PARAMS, " || (typeof argument === 'number' &&", ' || (false &&'),
  mutant(
    'C14',
    'check a call by the list of another client',
    PARAMS,
    'this.#lists.get(key)?.get(name)',
    '[...this.#lists.values()].at(-1)?.get(name)',
  ),
  mutant(
    'C14',
    'take a flag for a capability',
    META,
    '    if (!isRecord(capability)) return name;\n',
    '    if (!isRecord(capability)) continue;\n',
  ),
  mutant(
    'C14',
    'do without capabilities',
    META,
    'const REQUIRED = [PROTOCOL_VERSION_KEY, CLIENT_CAPABILITIES_KEY];',
    'const REQUIRED = [PROTOCOL_VERSION_KEY];',
  ),
  mutant(
    'C13',
    'refuse without naming the request',
    REFUSAL,
    "return typeof method === 'string' && isRequestId(id) ? id : null;",
    'void [method, id, isRequestId];\n  return null;',
  ),
  mutant(
    'C14',
    'put a page to a client that shows forms only',
    CAPABILITIES,
    "fields['mode'] === 'url' ? 'url' : 'form'",
    "'form'",
  ),
  mutant(
    'C14',
    'take one mode for all',
    CAPABILITIES,
    "member === 'form' && has['url'] === undefined",
    "member === 'form'",
  ),
  mutant(
    'C14',
    'let a backend bring its tools to any model',
    CAPABILITIES,
    "...(withTools && { member: 'tools' })",
    '...(false && withTools && { member: `tools` as const })',
  ),
  mutant('C13', 'give a backend the handle of a call', TO_LEGACY, 'requestState: _state, ', ''),
  mutant('C13', 'give a backend the answers of a round', TO_LEGACY, 'inputResponses: _responses, ', ''),
  mutant(
    'C14',
    'give a backend the progress token of a client',
    TO_LEGACY,
    ' && { progressToken }),',
    ' && { progressToken: call.progressToken }),',
  ),
  mutant('C14', 'offer tasks in the name of a client', TO_LEGACY, 'tasks: _tasks, ', ''),
  mutant(
    'C12',
    'take anything for an answer',
    TO_LEGACY,
    'return isAnswerTo(method, result) ?',
    'return isRecord(result) ?',
  ),
  mutant(
    'C12',
    'let a tool that needs tasks be called',
    TO_MODERN,
    'tools.filter((tool: unknown) => !needsTask(tool))',
    'tools.filter((tool: unknown) => tool !== needsTask)',
  ),
  mutant(
    'C14',
    'let the lists of a session be kept for others',
    TO_MODERN,
    "cacheScope: 'private' }",
    "cacheScope: 'public' }",
  ),
  mutant(
    'C12',
    'offer tasks in the name of a backend',
    TO_MODERN,
    'const { tasks: _tasks, ...kept } = isRecord(capabilities) ? capabilities : {};',
    'const kept = isRecord(capabilities) ? capabilities : {};',
  ),
  mutant('C12', 'tell of a code that is gone', TO_MODERN, '[-32_002, INVALID_PARAMS],', ''),
  mutant(
    'C12',
    'take any error for an elicitation',
    INPUT,
    'if (code !== URL_ELICITATION_REQUIRED || ',
    'if (code === 0 || ',
  ),
  mutant(
    'C12',
    'tell a client to come back without its handle',
    INPUT,
    '    ...(requestState !== undefined && { requestState }),\n',
    '',
  ),
  mutant('C14', 'tell of progress that was not asked for', TOLD, 'if (token === undefined || !', 'if (!'),
  mutant(
    'C14',
    'write log messages to whoever calls',
    TOLD,
    'isWantedLog(params, wanted.logLevel) ?',
    'isRecord(params) ?',
  ),
  mutant(
    'C14',
    'write log messages below the level',
    LEVEL,
    'LEVELS.indexOf(level) >= ',
    'LEVELS.indexOf(level) + 1 >= ',
  ),
  mutant(
    'C14',
    'tell each listener of each resource',
    LISTEN,
    '.some((each) => covers(each, uri))',
    '.some((each) => covers(each, uri) || each !== uri)',
  ),
  mutant(
    'C12',
    'promise to tell of what a backend does not tell',
    LISTEN,
    ".filter(({ capability }) => offers(serverCapabilities, capability, 'listChanged'))",
    '.filter(({ capability }) => capability !== undefined)',
  ),
];
