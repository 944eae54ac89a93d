/**
 * On an answer between two nodes of a cluster: the request did not run, because the session, or the incarnation that it
 * was sent to, is unknown there.
 */
export const UNKNOWN_HEADER = 'mcp-backchannel-cluster-unknown';
