/** A real authorization server (`oidc-provider`), a user's browser at it, and a client that keeps what it is given. */
import { createPublicKey, generateKeyPairSync, verify, type JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import Provider from 'oidc-provider';
import { listen } from '../../proxy/support.js';

const SCOPES = 'files:read files:write';
const REDIRECT_URL = 'https://client.example/callback';
const TOKEN_LIFE_S = 3_600;

/** Of every server here: it takes the processor a tenth of a second to make one. */
const { privateKey: PRIVATE_KEY } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY: JsonWebKey = { ...PRIVATE_KEY.export({ format: 'jwk' }), kid: 'key', alg: 'RS256', use: 'sig' };

/** What an access token says. */
interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly scope?: string;
  readonly jti: string;
}

export interface AuthorizationServer {
  readonly issuer: string;
  /** The resources that tokens are given for. */
  readonly resources: Set<string>;
  /** What was asked for, as `GET /auth`. */
  readonly requests: string[];
  /** @returns nothing: it is none of this server's */
  claimsOf(authorization: string | undefined): Claims | undefined;
  close(): Promise<void>;
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const publicKey = createPublicKey(PRIVATE_KEY);
  const resources = new Set<string>();
  const requests: string[] = [];
  const http = createServer();
  const issuer = new URL(await listen(http)).origin;
  const provider = new Provider(issuer, {
    jwks: { keys: [KEY] },
    cookies: { keys: ['a key for cookies'] },
    scopes: ['openid', 'offline_access', ...SCOPES.split(' ')],
    clientDefaults: { token_endpoint_auth_method: 'none' },
    // The client asks to be registered for what it has been asked for; more may be asked of it later.
    extraClientMetadata: {
      properties: ['any_scope'],
      validator: (_context, _key, _value, metadata) => (metadata.scope = `openid offline_access ${SCOPES}`),
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    issueRefreshToken: (_context, client) => Promise.resolve(client.grantTypeAllowed('refresh_token')),
    ttl: { AccessToken: TOKEN_LIFE_S, Grant: TOKEN_LIFE_S, Interaction: 60, RefreshToken: TOKEN_LIFE_S, Session: 60 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          if (!resources.has(resource)) throw new Error(`invalid_target: ${resource}`);
          return { scope: SCOPES, audience: resource, accessTokenTTL: TOKEN_LIFE_S, accessTokenFormat: 'jwt' };
        },
      },
    },
  });
  const serve = provider.callback();
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method ?? ''} ${new URL(request.url ?? '', 'http://x').pathname}`);
    if (request.url?.startsWith('/interaction/') === true) void interact(provider, request, response);
    else serve(request, response);
  });
  return {
    issuer,
    resources,
    requests,
    claimsOf(authorization) {
      const [, head = '', payload = '', signature = ''] = /^Bearer (.+)\.(.+)\.(.+)$/.exec(authorization ?? '') ?? [];
      const isOurs = verify(
        'sha256',
        Buffer.from(`${head}.${payload}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      );
      return isOurs ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims) : undefined;
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The user says who he is (his browser knows), and agrees to everything. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const accountId = /user=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    await provider.interactionFinished(request, response, { login: { accountId } });
    return;
  }
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? '');
  if (params.resource !== undefined) grant.addResourceScope(params.resource, params.scope ?? '');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

/** Follows where it is sent, until that is the client again. @returns what the client is given: a code, and by whom */
async function browse(start: URL, user: string): Promise<URLSearchParams> {
  const cookies = new Map([['user', user]]);
  let url = start;
  while (!url.href.startsWith(REDIRECT_URL)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url.href}: ${response.status} ${await response.text()}`);
    url = new URL(location, url);
  }
  if (!url.searchParams.has('code')) throw new Error(url.href);
  return url.searchParams;
}

/** What an application keeps for one user. */
export class Application implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URL;
  /** What has happened, in order. */
  readonly steps: string[] = [];
  #information: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #callback: URLSearchParams | undefined;

  constructor(readonly user: string) {}

  get clientMetadata(): OAuthClientProvider['clientMetadata'] {
    return {
      client_name: 'a client',
      redirect_uris: [REDIRECT_URL],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#information;
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    if (this.#information?.client_id !== information.client_id) this.steps.push('registered');
    this.#information = information;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.steps.push(this.#tokens === undefined ? 'given a token' : 'given another token');
    this.#tokens = tokens;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.steps.push(`asks for ${url.searchParams.get('scope') ?? 'nothing'}`);
    this.#callback = await browse(url, this.user);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  /** What the last authorization has brought. */
  takeCallback(): URLSearchParams {
    const callback = this.#callback;
    if (callback === undefined) throw new Error('nobody has been asked');
    this.#callback = undefined;
    return callback;
  }

  /** A token with more scopes is not to be had by refreshing it. */
  forgetRefreshToken(): void {
    const { refresh_token: _, ...rest } = this.#tokens ?? { access_token: '', token_type: 'bearer' };
    this.#tokens = rest;
  }

  get authorization(): string {
    return `Bearer ${this.#tokens?.access_token ?? ''}`;
  }
}
