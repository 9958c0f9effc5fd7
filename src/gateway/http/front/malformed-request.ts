const STATUS: ReadonlyMap<string, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/** RFC 9112 §3, with a method of any name. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~\w-]+ [!-~]+ HTTP\/1\.[01]\r?$/m;

/** The status for what Node's parser of HTTP/1.1 gave up; undefined when it was the connection that broke. */
export function statusOfMalformed(error: Error): number | undefined {
  const code = codeOf(error);
  // A method that the parser does not know: nothing is wrong with the request (RFC 9110 §15.6.2).
  if (code === "HPE_INVALID_METHOD" && REQUEST_LINE.test(lineOf(error))) return 501;
  return STATUS.get(code) ?? (code.startsWith("HPE_") ? 400 : undefined);
}

/** Whether a session of HTTP/2 ended for what its client sent, not because the connection broke. */
export function isOfProtocol(error: Error): boolean {
  return codeOf(error).startsWith("ERR_HTTP2_");
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Where the parser stopped, as far as it had come in one piece. */
function lineOf(error: Error): string {
  if (!("rawPacket" in error) || !Buffer.isBuffer(error.rawPacket)) return "";
  const stopped = "bytesParsed" in error && typeof error.bytesParsed === "number" ? error.bytesParsed : 0;
  const begin = stopped === 0 ? 0 : error.rawPacket.lastIndexOf("\n", stopped - 1) + 1;
  const end = error.rawPacket.indexOf("\n", begin);
  return end === -1 ? "" : error.rawPacket.toString("latin1", begin, end);
}
