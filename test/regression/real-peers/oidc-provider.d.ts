/** As much of `oidc-provider`, which has no types of its own, as the tests use. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Client {
    grantTypeAllowed(type: string): boolean;
  }

  interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  interface Configuration {
    readonly jwks: { readonly keys: readonly object[] };
    readonly cookies: { readonly keys: readonly string[] };
    readonly scopes: readonly string[];
    readonly clientDefaults: object;
    readonly extraClientMetadata: {
      readonly properties: readonly string[];
      readonly validator: (context: unknown, key: string, value: unknown, metadata: { scope?: string }) => unknown;
    };
    readonly findAccount: (context: unknown, sub: string) => object;
    readonly issueRefreshToken: (context: unknown, client: Client) => Promise<boolean>;
    readonly ttl: Readonly<Record<string, number>>;
    readonly interactions: { readonly url: (context: unknown, interaction: { readonly uid: string }) => string };
    readonly features: {
      readonly devInteractions: { readonly enabled: boolean };
      readonly registration: { readonly enabled: boolean };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        readonly getResourceServerInfo: (context: unknown, resource: string) => object;
      };
    };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Grant: new (of: { readonly accountId: string; readonly clientId: string }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{
      readonly prompt: { readonly name: string };
      readonly params: { readonly client_id: string; readonly scope?: string; readonly resource?: string };
      readonly session?: { readonly accountId: string };
    }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }
}
