/** A user who agrees to whatever is asked. */
export const accept = (): { action: 'accept'; content: Record<string, string> } => ({ action: 'accept', content: {} });

/** As answers of a client. */
export const ACCEPT = { 'elicitation/create': accept };
