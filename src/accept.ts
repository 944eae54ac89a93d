/** What a client accepts of the two ways in which a request can be answered. */
export interface Accepted {
  readonly json: boolean;
  readonly stream: boolean;
}

const BOTH: Accepted = { json: true, stream: true };

/** What the clients of the SDK send. */
const USUAL = 'application/json, text/event-stream';

/**
 * Reads an `Accept` header: ranges, in any case, each with its weight. The SDK looks for the two types by name only.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export function acceptedIn(header: string | undefined): Accepted {
  if (header === USUAL) return BOTH;
  const ranges = (header ?? '').split(',').map(rangeIn);
  return { json: isAccepted(ranges, 'application', 'json'), stream: isAccepted(ranges, 'text', 'event-stream') };
}

interface Range {
  readonly media: string;
  readonly isRefused: boolean;
}

function rangeIn(text: string): Range {
  const [media = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  return { media, isRefused: parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter)) };
}

/** The most exact range that fits decides. */
function isAccepted(ranges: readonly Range[], type: string, subtype: string): boolean {
  for (const media of [`${type}/${subtype}`, `${type}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.media === media);
    if (range !== undefined) return !range.isRefused;
  }
  return false;
}
