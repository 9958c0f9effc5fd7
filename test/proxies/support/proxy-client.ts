import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import type { Shown } from "../../support/successor.ts";
import type { SeenRequest } from "./application.ts";

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Behind the body, which then comes in chunks. */
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What the application had of the request, if it had it. */
  readonly app: SeenRequest | undefined;
}

/** The values of a field that the application got, whatever stands between the words of its name. */
export function fieldOf(answer: Answer, name: string): readonly string[] {
  const wanted = plainName(name);
  return (answer.app?.fields ?? []).filter(([one]) => plainName(one) === wanted).map(([, value]) => value);
}

/** CGI, WSGI and PHP cannot tell `a_b`, `A-B` and `a.b` apart. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}

/** A client of one connection over HTTP/1.1, of which it has another only when the server ended the first. */
export class ProxyClient implements Disposable {
  readonly #port: number;
  readonly #agent: https.Agent;
  readonly sockets: Set<TLSSocket> = new Set<TLSSocket>();

  constructor(port: number, shown?: Pick<Shown, "key" | "cert">, options: https.AgentOptions = {}) {
    this.#port = port;
    this.#agent = new https.Agent({
      keepAlive: true,
      maxSockets: 1,
      maxCachedSessions: 0,
      rejectUnauthorized: false,
      servername: "app.example",
      ...(shown && { key: shown.key, cert: shown.cert }),
      ...options,
    });
  }

  async ask({ method = "GET", path = "/", headers = {}, body, trailers }: Asked = {}): Promise<Answer> {
    const request = https.request({
      host: "127.0.0.1",
      port: this.#port,
      method,
      path,
      headers: { Host: "app.example", ...headers },
      agent: this.#agent,
    });
    request.on("socket", (socket) => this.sockets.add(socket as TLSSocket));
    if (trailers !== undefined) {
      request.setHeader("Trailer", Object.keys(trailers).join(", "));
      request.flushHeaders();
      request.addTrailers(trailers);
    }
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return toAnswer(response.statusCode ?? 0, response.headers, await textOf(response));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** A client of one session over HTTP/2. */
export class Http2Client implements Disposable {
  readonly #session: http2.ClientHttp2Session;

  constructor(port: number, shown?: Pick<Shown, "key" | "cert">) {
    this.#session = http2.connect(`https://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      servername: "app.example",
      ...(shown && { key: shown.key, cert: shown.cert }),
    });
    this.#session.on("error", () => undefined);
  }

  async ask({ method = "GET", path = "/", headers = {}, body, trailers }: Asked = {}): Promise<Answer> {
    const fields = {
      ":method": method,
      ":path": path,
      ":authority": "app.example",
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    };
    const stream = this.#session.request(fields, { waitForTrailers: trailers !== undefined });
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(body);
    const [{ ":status": status = 0, ...answered }] = (await once(stream, "response")) as [
      http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader,
    ];
    return toAnswer(status, answered, await textOf(stream));
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function toAnswer(status: number, headers: Answer["headers"], text: string): Answer {
  return { status, text, headers, app: status === 200 ? (JSON.parse(text) as SeenRequest) : undefined };
}

/** One request on a connection of its own. */
export async function ask(port: number, shown?: Pick<Shown, "key" | "cert">, asked?: Asked): Promise<Answer> {
  using client = new ProxyClient(port, shown);
  return await client.ask(asked);
}

export function openWebSocket(port: number, { key, cert }: Pick<Shown, "key" | "cert">): WebSocket {
  const headers = { Host: "app.example" };
  const own = { key, cert, servername: "app.example", rejectUnauthorized: false };
  return new WebSocket(`wss://127.0.0.1:${port}/`, { headers, ...own });
}

/** The status that a wish to upgrade is answered with. */
export async function statusOfUpgrade(
  port: number,
  { key, cert }: Pick<Shown, "key" | "cert">,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<number | undefined> {
  const own = { key, cert, servername: "app.example", rejectUnauthorized: false, agent: false };
  const request = https.request({
    host: "127.0.0.1",
    port,
    headers: { Host: "app.example", ...headers },
    ...own,
  });
  request.end();
  const upgraded = once(request, "upgrade").then(([answer]) => answer as IncomingMessage);
  const answered = once(request, "response").then(([answer]) => answer as IncomingMessage);
  const { statusCode } = await Promise.race([upgraded, answered]);
  request.destroy();
  return statusCode;
}

/** A whole answer, as it came, and what the next connection can resume. */
export interface Resumable {
  readonly answer: string;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

/** One request over HTTP/1.1 on a connection that resumes this session. */
export async function askResuming(
  port: number,
  { key, cert }: Pick<Shown, "key" | "cert">,
  resumed?: Buffer,
): Promise<Resumable> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername: "app.example",
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    key,
    cert,
    ...(resumed && { session: resumed }),
  });
  let session: Buffer | undefined;
  socket.on("session", (one) => (session = one));
  await once(socket, "secureConnect");
  const isResumed = socket.isSessionReused();
  socket.write("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n");
  const answer = await textOf(socket);
  return { answer, resumed: isResumed, session };
}
