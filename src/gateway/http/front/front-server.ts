import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { TlsOptions } from "node:tls";
import { MOST_FIELDS } from "../forwarding/request-judge.ts";

/** Fields of a request, all together; more is answered with 431. */
const MAX_HEADER_BYTES = 32 * 1024;
const MAX_STREAMS = 100;
/** Between two requests; longer than the minute that load balancers in front keep connections. */
export const KEEP_ALIVE_MS = 65_000;

/**
 * The server in front: HTTP/1.1 and HTTP/2 by ALPN, with the limits that strangers call for.
 */
export function createFrontServer(tls: TlsOptions): Http2SecureServer {
  const server = createSecureServer({
    ...tls,
    allowHTTP1: true,
    // A field section that comes too slowly: 408. A body may take as long as it makes progress.
    headersTimeout: 15_000,
    requestTimeout: 0,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    // What is said twice goes on as it came, as over HTTP/1.1.
    strictSingleValueFields: false,
    // By default nghttp2 drops what has a space at either end, and tells nobody (nodejs/node#56703); we trim it.
    strictFieldWhitespaceValidation: false,
    // Refused by `readTarget`, in its turn: an answer of Node's own is in the way of an upgrade right behind it.
    requireHostHeader: false,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: MAX_HEADER_BYTES,
      enableConnectProtocol: true,
      enablePush: false,
    },
    maxHeaderListPairs: MOST_FIELDS,
    maxSendHeaderBlockLength: 64 * 1024,
    // Per connection: streams that a client resets (CVE-2023-44487), frames and streams that make no sense.
    streamResetBurst: 200,
    streamResetRate: 20,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
    unknownProtocolTimeout: 10_000,
  } as Parameters<typeof createSecureServer>[0]);
  // Node would make an imitation of HTTP/1.1's objects for each stream as soon as somebody listens for requests.
  server.removeAllListeners("newListener");
  // Starts the clock of slow heads, which a server that never listens by itself would not.
  server.emit("listening");
  return server;
}
