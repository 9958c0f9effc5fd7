import { createHash } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import { constants, createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { PendingClient, ReceivePending } from "../../../guard/refusal/waiting-room.ts";
import { toKeyId } from "../../../trust/naming/key-id.ts";
import { toPhrase } from "../../../trust/naming/phrase.ts";
import { type KeyPin, readCertificate } from "../../../x509/certificate-facts.ts";

/** Of either version of HTTP, as Node hands them out. */
type FrontRequest = IncomingMessage | Http2ServerRequest;
type FrontResponse = ServerResponse | Http2ServerResponse;

/** What a pending client is told of itself. */
interface Waiting {
  readonly state: "pending";
  readonly claimedName: string | null;
  readonly keyId: string;
  readonly pin: KeyPin;
  /** To compare by voice with whoever approves. */
  readonly phrase: string;
}

const REFRESH_SECONDS = 5;
const STYLE =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}" +
  "dt{color:#555}dd{margin:0 0 1rem;font-family:ui-monospace,monospace;overflow-wrap:anywhere}";
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  vary: "accept",
};

/**
 * Answers whatever a pending client asks with a page that tells its key id and phrase, and that it waits. A server of
 * its own, which knows no upstream: nothing of the client can reach one.
 */
export function createPendingPage(): ReceivePending {
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
    entering = toWaiting(socket, client);
    known.set(socket, entering);
    socket.on("error", () => undefined);
    server.emit("secureConnection", socket);
    entering = undefined;
  };
}

function toWaiting(socket: TLSSocket, { pin, claimedName }: PendingClient): Waiting {
  const own = socket.getX509Certificate()?.raw;
  if (own === undefined) throw new TypeError("a server without a certificate has no phrase");
  const phrase = toPhrase(readCertificate(own).pin, pin);
  return { state: "pending", claimedName, keyId: toKeyId(pin), pin, phrase };
}

/** Each answer ends its connection: the next one is judged anew, and let through once the key is approved. */
function answer(request: FrontRequest, response: FrontResponse, waiting: Waiting): void {
  const isJson = wantsJson(request.headers.accept ?? "");
  const text = isJson ? `${JSON.stringify(waiting)}\n` : toPage(waiting);
  const type = isJson ? "application/json" : "text/html";
  const headers = {
    ...HEADERS,
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

function toPage({ claimedName, keyId, phrase }: Waiting): string {
  const claim = claimedName === null ? "" : `<dt>You call yourself</dt><dd>${escapeHtml(claimedName)}</dd>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}"><title>Waiting for approval</title><style>${STYLE}</style></head>
<body><h1>Waiting for approval</h1>
<p>This service does not know your key yet. Read the phrase to whoever runs it: if they see the same words, they can
approve you. This page looks again every ${REFRESH_SECONDS} seconds.</p>
<dl>${claim}<dt>Phrase</dt><dd>${escapeHtml(phrase)}</dd><dt>Key id</dt><dd>${escapeHtml(keyId)}</dd></dl>
</body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function isHttp2(request: FrontRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}
