/** NGHTTP2_ERR_PROTO, which is in none of Node's types. */
const PROTOCOL_ERROR = -505;

/** Whether a session of HTTP/2 is to end for a break of the rules, which nghttp2 may have answered by a reset of one stream. */
export function isStreamError(error: unknown): error is Error {
  return error instanceof Error && "errno" in error && error.errno === PROTOCOL_ERROR;
}
