import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { TlsOptions } from "node:tls";

/** A request of either version of HTTP, as Node hands it out. */
export type FrontRequest = IncomingMessage | Http2ServerRequest;
export type FrontResponse = ServerResponse | Http2ServerResponse;

/** Fields of a request, all together; more is answered with 431. */
const MAX_HEADER_BYTES = 32 * 1024;
const MAX_STREAMS = 100;

/**
 * The server in front: HTTP/1.1 and HTTP/2 by ALPN, with the limits that strangers call for.
 */
export function createHttpFront(tls: TlsOptions): Http2SecureServer {
  const server = createSecureServer({
    ...tls,
    allowHTTP1: true,
    // A field section that comes too slowly: 408. A body may take as long as it makes progress.
    headersTimeout: 15_000,
    requestTimeout: 0,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    requireHostHeader: true,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: MAX_HEADER_BYTES,
      enableConnectProtocol: true,
      enablePush: false,
    },
    maxHeaderListPairs: 128,
    maxSendHeaderBlockLength: 64 * 1024,
    // Per connection: streams that a client resets (CVE-2023-44487), frames and streams that make no sense.
    streamResetBurst: 200,
    streamResetRate: 20,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
    unknownProtocolTimeout: 10_000,
  } as Parameters<typeof createSecureServer>[0]);
  // The types know it of `http.Server` only. Where it is not read, the handler of upgrades decides by the same rule.
  Object.assign(server, { shouldUpgradeCallback: isUpgrade });
  // Starts the clock of slow heads, which a server that never listens by itself would not.
  server.emit("listening");
  return server;
}

/** RFC 9110 §7.8: GET, without a body. Whatever else names a protocol is answered as if it did not. */
export function isUpgrade(request: IncomingMessage): boolean {
  const { headers, method } = request;
  return (
    method === "GET" &&
    headers.upgrade !== undefined &&
    headers["transfer-encoding"] === undefined &&
    (headers["content-length"] ?? "0") === "0"
  );
}
