/** What spans and metrics say they come from. */
export const SCOPE = 'mcp-backchannel';
