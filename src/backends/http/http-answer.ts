import type { Readable } from 'node:stream';

/** What a request is sent with, by name. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** The head of an answer, and its body, as it came. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}
