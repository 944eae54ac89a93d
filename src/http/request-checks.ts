/** What a request must bring. Each check is a pure function of its headers. */
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpSettings } from './options.js';
import {
  NO_SESSION_ID,
  NOT_INITIALIZED,
  UNKNOWN_SESSION,
  wrongHost,
  wrongOrigin,
  wrongVersion,
  type Refusal,
} from './refusals.js';

const SUPPORTED_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** What a request is checked against. */
export interface SessionState {
  readonly isStateful: boolean;
  readonly isInitialized: boolean;
  readonly sessionId: string | undefined;
  /** The revisions that are served. `undefined`: those that the package knows */
  readonly versions: readonly string[] | undefined;
  /** The revision that was negotiated, which is always served. */
  readonly protocolVersion: string | undefined;
}

/** Refuses a page of another site, which may reach this server by a host name of its own. */
export function checkSite(headers: IncomingHttpHeaders, settings: HttpSettings): Refusal | undefined {
  if (settings.enableDnsRebindingProtection !== true) return undefined;
  const { allowedHosts = [], allowedOrigins = [] } = settings;
  const { host, origin } = headers;
  if (allowedHosts.length > 0 && (host === undefined || !allowedHosts.includes(host))) return wrongHost(host);
  if (allowedOrigins.length > 0 && origin !== undefined && !allowedOrigins.includes(origin)) return wrongOrigin(origin);
  return undefined;
}

/** Refuses a request of another session, and one of a protocol version that is not served. */
export function checkSession(headers: IncomingHttpHeaders, state: SessionState): Refusal | undefined {
  if (state.isStateful) {
    if (!state.isInitialized) return NOT_INITIALIZED;
    const id = headers['mcp-session-id'];
    if (id === undefined || id === '') return NO_SESSION_ID;
    if (id !== state.sessionId) return UNKNOWN_SESSION;
  }
  const version = headers['mcp-protocol-version'];
  const { versions = SUPPORTED_VERSIONS } = state;
  if (typeof version !== 'string' || version === state.protocolVersion || versions.includes(version)) return undefined;
  return wrongVersion(version, versions);
}

/** Whether a content type is JSON. Its parameters do not matter. Two types in one header are none. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = (contentType ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return false;
  // A comma outside quotes joins two headers.
  return !parameters
    .join(';')
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .includes(',');
}
