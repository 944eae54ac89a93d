import { isRecord, type ResponseMessage } from '../../routing/message.js';
import type { RequestHeaders } from '../http/http-answer.js';
import { clientIn, type ClientFacts, type Fields } from './envelope.js';
import type { Exchange, ExchangeListener } from './exchange.js';
import { ToolsSeen } from './tools-seen.js';

/** A list of tools that has more pages is not read to its end. */
const MAX_PAGES = 50;

/** The way to a server, for one client. Each request says all that the server has to know. */
export abstract class Wire {
  /** What the client has said in its session. */
  facts: ClientFacts = clientIn({});
  readonly tools: ToolsSeen = new ToolsSeen();
  /** Whether arguments travel in headers, too. If so, a tool that asks for an invalid header must be dropped. */
  abstract readonly hasHeaders: boolean;

  /** A request that is yet to be sent. @param listener is told what comes before the answer. @default the client is */
  abstract open(listener?: ExchangeListener): Exchange;

  abstract start(): Promise<void>;

  /** Ends everything that is under way. */
  abstract close(): Promise<void>;

  /** Sets the client headers for requests that have none of their own. */
  abstract usePassed(headers: RequestHeaders): void;

  /** Sends a request of our own. */
  async ask(method: string, params: Fields, headers?: RequestHeaders): Promise<ResponseMessage> {
    const exchange = this.open(NOBODY);
    await exchange.send({ method, params }, headers);
    return await exchange.answer;
  }

  /** Lists the tools to learn which headers they ask for. */
  async learnTools(headers?: RequestHeaders): Promise<void> {
    let params: Fields = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      const { result } = await this.ask('tools/list', params, headers);
      if (!isRecord(result)) return;
      this.tools.learn(params, result);
      const { nextCursor: cursor } = result;
      if (cursor === undefined) return;
      params = { cursor };
    }
  }
}

const NOBODY: ExchangeListener = { message: () => undefined, error: () => undefined };
