import type { Backend } from './backend.js';
import type { PassedHeaders } from './client-transport.js';
import type { Credential } from './credential.js';
import { NOT_ACCEPTED, NOT_FOUND, type Answer } from './own-answers.js';
import { refusalIn } from './pending-post.js';
import type { ProxySettings } from './settings.js';

type Verifier = Pick<Backend, 'verify' | 'usePassed'>;

/** Newer tokens of the client of one session, which its backend has to accept. */
export class Renewals {
  /** Those that the backend is verifying. */
  readonly #verified = new Map<string, Promise<Answer | undefined>>();

  constructor(private readonly settings: Pick<ProxySettings, 'credentialHeaders' | 'relayRefusal'>) {}

  /** @returns the answer that refuses the token, if the backend does not accept it */
  refusalOf({ key }: Credential, passed: PassedHeaders, backend: Verifier): Promise<Answer | undefined> {
    const refusal =
      this.#verified.get(key) ?? this.#refusalOf(passed, backend).finally(() => this.#verified.delete(key));
    this.#verified.set(key, refusal);
    return refusal;
  }

  /** From now on, other messages are sent with the newer token. */
  use(passed: PassedHeaders, backend: Verifier): void {
    const names = new Set(['authorization', ...this.settings.credentialHeaders.map((name) => name.toLowerCase())]);
    backend.usePassed(Object.fromEntries(Object.entries(passed).filter(([name]) => names.has(name))));
  }

  async #refusalOf(passed: PassedHeaders, backend: Verifier): Promise<Answer | undefined> {
    try {
      return (await backend.verify(passed)) ? undefined : NOT_FOUND;
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined) return NOT_ACCEPTED;
      return this.settings.relayRefusal?.(refusal, { headers: new Headers(passed) }) ?? refusal;
    }
  }
}
