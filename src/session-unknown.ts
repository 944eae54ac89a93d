/** How servers over HTTP say that they know no such session, any more or at all. */
import { textOf } from './errors.js';
import { statusOf } from './http-status.js';

/** By these statuses the protocol, and the web, say that it is not there. */
const GONE: ReadonlySet<number | undefined> = new Set([404, 410]);

/** An error text may be a page: this much of it is looked at. */
const MAX_LENGTH = 4_096;

const SESSION = '(mcp[-_ ])?session([-_ ]?id)?(?![a-z])';
const NONE = 'no (valid|active|such)|unknown|invalid|expired|stale|could not find';
const LOST =
  'not found|no longer|unknown|expired|invalid|terminated|closed|gone|(does )?not exist|not (initiali[sz]ed|active|valid)';

/**
 * What many answer with another status: `Bad Request: No valid session ID provided`, `Unauthorized: Session not found`,
 * `Server not initialized`. Of any session but its own with us, no backend speaks in the text of a refusal.
 */
const SAYS_SO = new RegExp(
  `(?<![a-z])(${NONE})( or \\w+)? ${SESSION}|` +
    `(?<![a-z])${SESSION}[\\W_]{0,3}([\\w-]{3,}\\W{1,2})?((is|was|has been|has) )?(${LOST.replaceAll(' ', '[ _-]')})(?![a-z])|` +
    'server not initiali[sz]ed',
  'i',
);

/** Whether the text of a refusal says it. */
export function saysSessionUnknown(text: string): boolean {
  return SAYS_SO.test(text.slice(0, MAX_LENGTH));
}

/**
 * Whether a message was refused because the server knows no such session. Where the refusal answers the message as well,
 * the status may be meant for what the message asked for, and the text decides.
 */
export function isSessionUnknown(refusal: unknown, isAnswer = false): boolean {
  const status = statusOf(refusal);
  if (GONE.has(status) && !isAnswer) return true;
  return status !== undefined && status >= 400 && saysSessionUnknown(textOf(refusal));
}
