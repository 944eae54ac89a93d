/**
 * Codes of JSON-RPC errors.
 *
 * @see https://www.jsonrpc.org/specification#error_object
 */

/** For text that is not JSON. */
export const PARSE_ERROR = -32_700;
/** For JSON that is not a valid request. */
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

/** The first of the codes that are free for servers to define. */
export const SERVER_ERROR = -32_000;
