/**
 * Asks the server whether a token may do what is requested. SDK 2.x servers answer with the scopes that are missing, and
 * the client then gets a token that has them.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-challenge-handling
 */
import type { JsonRpcMessage } from '../routing/message.js';
import type { OtherAnswer } from './pending-answer.js';

/** The scopes that a request needs in addition. */
export interface ScopeChallenge {
  readonly scopes: readonly string[];
  readonly errorDescription?: string | undefined;
}

/** What the authorization middleware has left in `request.auth`, as far as it matters here. */
interface AuthInfo {
  readonly resourceMetadataUrl?: unknown;
  readonly resource?: unknown;
}

/** @returns `undefined` if the token will do */
export type ScopeChallengeResolver = (context: {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the SDK types requests by their methods
  readonly request: any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each application has its own
  readonly authInfo?: any;
}) => ScopeChallenge | undefined | Promise<ScopeChallenge | undefined>;

const SCOPE = /^[!#-[\]-~]+$/;
const DESCRIPTION = /^[ !#-[\]-~]+$/;

/**
 * The answer to the first request whose token will not do.
 *
 * @throws what the server throws, and `TypeError` if its challenge is not valid
 */
export async function scopeChallengeFor(
  requests: readonly JsonRpcMessage[],
  authInfo: unknown,
  resolve: ScopeChallengeResolver,
): Promise<OtherAnswer | undefined> {
  for (const request of requests) {
    const challenge = await resolve(authInfo === undefined ? { request } : { request, authInfo });
    if (challenge !== undefined) return answerTo(checked(challenge), Object(authInfo) as AuthInfo);
  }
  return undefined;
}

function checked({ scopes, errorDescription = 'Insufficient scope' }: ScopeChallenge): Required<ScopeChallenge> {
  const areScopes = Array.isArray(scopes) && scopes.length > 0 && scopes.every((scope) => SCOPE.test(String(scope)));
  if (areScopes && DESCRIPTION.test(errorDescription)) return { scopes, errorDescription };
  throw new TypeError('a scope challenge needs at least one scope, and a description of plain ASCII without quotes');
}

function answerTo({ scopes, errorDescription = '' }: Required<ScopeChallenge>, authInfo: AuthInfo): OtherAnswer {
  const error = 'insufficient_scope';
  const metadata = metadataUrlOf(authInfo);
  const parameters = {
    error,
    error_description: errorDescription,
    scope: scopes.join(' '),
    resource_metadata: metadata,
  };
  const listed = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  );
  return {
    status: 403,
    headers: { 'content-type': 'application/json', 'www-authenticate': `Bearer ${listed.join(', ')}` },
    body: JSON.stringify({ error, error_description: errorDescription }),
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc9728#name-obtaining-protected-resourc */
function metadataUrlOf({ resourceMetadataUrl, resource }: AuthInfo): string | undefined {
  if (typeof resourceMetadataUrl === 'string') return resourceMetadataUrl;
  if (!(resource instanceof URL) || !['http:', 'https:'].includes(resource.protocol)) return undefined;
  const url = new URL(resource);
  url.pathname = `/.well-known/oauth-protected-resource${resource.pathname.replace(/\/$/, '')}`;
  url.hash = '';
  return url.href;
}
