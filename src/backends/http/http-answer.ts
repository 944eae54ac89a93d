import type { AnswerBody } from './answer-body.js';

/** The headers of a request, by name. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** The status, headers and undecoded body of an answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Pick<AnswerBody, 'read' | 'destroy' | 'stream'>;
}
