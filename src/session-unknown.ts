/** Recognizes how HTTP servers say that they do not know a session, or no longer know it. */
import { textOf } from './errors.js';
import { statusOf } from './http-status.js';

/** In the protocol and on the web, these statuses mean that the session does not exist. */
const GONE: ReadonlySet<number | undefined> = new Set([404, 410]);

/** How much of an error text is searched. It may be a whole page. */
const MAX_LENGTH = 4_096;

const SESSION = '(mcp[-_ ])?session([-_ ]?id)?(?![a-z])';
const NONE = 'no (valid|active|such)|unknown|invalid|expired|stale|could not find';
const LOST =
  'not found|no longer|unknown|expired|invalid|terminated|closed|gone|(does )?not exist|not (initiali[sz]ed|active|valid)';

/**
 * Many servers use another status and such a text: `Bad Request: No valid session ID provided`,
 * `Unauthorized: Session not found`, `Server not initialized`. A refusal never mentions any session but ours.
 */
const SAYS_SO = new RegExp(
  `(?<![a-z])(${NONE})( or \\w+)? ${SESSION}|` +
    `(?<![a-z])${SESSION}[\\W_]{0,3}([\\w-]{3,}\\W{1,2})?((is|was|has been|has) )?(${LOST.replaceAll(' ', '[ _-]')})(?![a-z])|` +
    'server not initiali[sz]ed',
  'i',
);

/** Whether the text of a refusal says that the session is unknown. */
export function saysSessionUnknown(text: string): boolean {
  return SAYS_SO.test(text.slice(0, MAX_LENGTH));
}

/**
 * Whether a message was refused because the server does not know the session. If the refusal also answers the message,
 * its status may be about the content of the message, so only the text decides.
 */
export function isSessionUnknown(refusal: unknown, isAnswer = false): boolean {
  const status = statusOf(refusal);
  if (GONE.has(status) && !isAnswer) return true;
  return status !== undefined && status >= 400 && saysSessionUnknown(textOf(refusal));
}
