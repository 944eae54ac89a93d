import { isRecord } from '../../routing/message.js';
import type { Fields } from './envelope.js';
import { paramHeadersIn, type ParamHeader } from '../../param-headers.js';

/** Which headers the tools of a server ask for, as far as it has listed them. */
export class ToolsSeen {
  readonly #headers = new Map<unknown, readonly ParamHeader[]>();
  readonly #refused = new Set<unknown>();

  /**
   * @param params of the request for this list of tools, or for this page of it
   * @returns the names of tools that ask for a header they may not ask for, each once
   */
  learn(params: unknown, { tools }: Fields): readonly unknown[] {
    if (!isRecord(params) || params['cursor'] === undefined) this.#headers.clear();
    if (!Array.isArray(tools)) return [];
    const refused: unknown[] = [];
    for (const { name, inputSchema } of tools.filter(isRecord)) {
      const headers = paramHeadersIn(inputSchema);
      if (headers === undefined && !this.#refused.has(name)) refused.push(name);
      if (headers === undefined || headers.length === 0) this.#headers.delete(name);
      else this.#headers.set(name, headers);
    }
    for (const name of refused) this.#refused.add(name);
    return refused;
  }

  headersOf(name: unknown): readonly ParamHeader[] {
    return this.#headers.get(name) ?? [];
  }
}
