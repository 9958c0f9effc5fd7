const STATUS: ReadonlyMap<string, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/** The status for what Node's parser of HTTP/1.1 gave up; undefined when it was the connection that broke. */
export function statusOfMalformed(error: Error): number | undefined {
  const code = codeOf(error);
  return STATUS.get(code) ?? (code.startsWith("HPE_") ? 400 : undefined);
}

/** Whether a session of HTTP/2 ended for what its client sent, not because the connection broke. */
export function isOfProtocol(error: Error): boolean {
  return codeOf(error).startsWith("ERR_HTTP2_");
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
