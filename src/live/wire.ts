/** What the server of the page sends, apart from records: named events of its stream. */

/** `hello`, the first event of each stream. */
export interface Hello {
  /** What the page is about: the served server, or a file. */
  readonly name: string;
  readonly source: 'proxy' | 'file';
  /** The clock of the server, in milliseconds since 1970. */
  readonly now: number;
  /** The stream goes on where the last one broke off. If it does not, the page begins anew. */
  readonly isContinued: boolean;
  /** Of a file: lines that are no records. */
  readonly badLines: number;
}

/** `gap`: so many records before the next one are not sent. They were too old to be kept, or the page read too slowly. */
export interface Gap {
  readonly lost: number;
}

/** `beat`: now and then. The clock of the server may jump, and that of the page, when one of their machines has slept. */
export const BEAT = 'beat';

export interface Beat {
  /** As in {@link Hello}. */
  readonly now: number;
}

/** `end`: of a file. There is no more, and no need to connect again. */
export const END = 'end';
