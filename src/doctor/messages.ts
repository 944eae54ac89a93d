/** What the client and the backend of the doctor say to each other, through the proxy under test. */

export type RequestId = string | number;

export interface Message {
  readonly jsonrpc?: string;
  readonly id?: RequestId | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** `'GET'`, `'POST 3'` for the answer to the POST of request 3, or `'pipe'`. */
export type StreamName = string;

/** A message, and the stream that it came on. */
export interface Arrival {
  readonly message: Message;
  readonly stream: StreamName;
}

/** Proxies of every age know this revision. */
export const PROTOCOL_VERSION = '2025-06-18';

/** The tools of the backend. A proxy may give them a prefix of its own. */
export const TOOL_NAMES = [
  'doctor_echo',
  'doctor_ask',
  'doctor_ask_together',
  'doctor_ask_later',
  'doctor_ask_afterwards',
  'doctor_sample',
  'doctor_roots',
  'doctor_progress',
  'doctor_log',
  'doctor_change_tools',
  'doctor_hold',
  'doctor_noted',
  'doctor_remember',
  'doctor_recall',
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];
