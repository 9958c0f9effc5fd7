import { type IncomingMessage, ServerResponse } from "node:http";
import { constants, createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { PendingClient, ReceivePending } from "../../../guard/refusal/waiting-room.ts";
import { encodeKeyCode } from "../../../trust/naming/key-code.ts";
import { toKeyId } from "../../../trust/naming/key-id.ts";
import { toPhrase } from "../../../trust/naming/phrase.ts";
import type { Desk } from "../../../trust/port/desk.ts";
import { readCertificate } from "../../../x509/certificate-facts.ts";
import { toWaitingPage, type Waiting, WAITING_HEADERS } from "./waiting-page.ts";

/** Of either version of HTTP, as Node hands them out. */
type FrontRequest = IncomingMessage | Http2ServerRequest;
type FrontResponse = ServerResponse | Http2ServerResponse;

/**
 * Answers whatever a pending client asks with a page that tells its key id, phrase and code, that it waits, and whether an
 * operator has looked at its key, as `lookedAt` says. A server of its own, which knows no upstream: nothing of the client can reach one.
 */
export function createPendingPage(lookedAt: Desk["lookedAt"]): ReceivePending {
  const known = new WeakMap<object, Waiting>();
  let entering: Waiting | undefined;
  const server = createSecureServer({
    allowHTTP1: true,
    settings: { maxConcurrentStreams: 10, enablePush: false },
    strictFieldWhitespaceValidation: false,
  } as Parameters<typeof createSecureServer>[0]);
  server.emit("listening");
  server.on("session", (session) => {
    if (entering !== undefined) known.set(session, entering);
  });
  const onRequest = (request: FrontRequest, response: FrontResponse): void => {
    const carrier = isHttp2(request) ? request.stream.session : request.socket;
    const waiting = carrier && known.get(carrier);
    if (waiting === undefined) response.destroy();
    else answer(request, response, waiting);
  };
  server.on("request", onRequest);
  // A method like any other here. Over HTTP/1.1 the second is a bare socket.
  server.on("connect", (request: FrontRequest, second: Http2ServerResponse | Duplex) => {
    if (isHttp2(request)) onRequest(request, second as Http2ServerResponse);
    else second.destroy();
  });
  return (socket, client) => {
    entering = toWaiting(socket, client, lookedAt(client.pin));
    known.set(socket, entering);
    socket.on("error", () => undefined);
    server.emit("secureConnection", socket);
    entering = undefined;
  };
}

function toWaiting(socket: TLSSocket, { pin, claimedName }: PendingClient, lookedAt: number | null): Waiting {
  const own = socket.getX509Certificate()?.raw;
  if (own === undefined) throw new TypeError("a server without a certificate has no phrase");
  const serverPin = readCertificate(own).pin;
  return {
    state: "pending",
    claimedName,
    keyId: toKeyId(pin),
    pin,
    phrase: toPhrase(serverPin, pin),
    code: encodeKeyCode({ serverPin, pin }),
    seenByOperator: lookedAt === null ? null : new Date(lookedAt).toISOString(),
  };
}

/** Each answer ends its connection: the next one is judged anew, and let through once the key is approved. */
function answer(request: FrontRequest, response: FrontResponse, waiting: Waiting): void {
  const isJson = wantsJson(request.headers.accept ?? "");
  const text = isJson ? `${JSON.stringify(waiting)}\n` : toWaitingPage(waiting);
  const type = isJson ? "application/json" : "text/html";
  const headers = {
    ...WAITING_HEADERS,
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(text),
  };
  if (response instanceof ServerResponse) {
    response.writeHead(403, { ...headers, connection: "close" });
  } else {
    response.writeHead(403, headers);
    const { stream } = response;
    const { session } = stream;
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    stream.once("close", () => session?.close());
  }
  // Node leaves it out of the answer to HEAD.
  response.end(text);
}

function wantsJson(accept: string): boolean {
  return /\bapplication\/(?:[\w.-]+\+)?json\b/.test(accept) && !accept.includes("text/html");
}

function isHttp2(request: FrontRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}
