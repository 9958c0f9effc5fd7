// Clients that keep their connections and always have a request under way. They never repeat one: what a server says or
// does that leaves a request without its answer is a loss.
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import type { Tally } from "./tally.ts";

export interface ClientOptions {
  readonly port: number;
  readonly secureContext: SecureContext;
  readonly tally: Tally;
  readonly ended: AbortSignal;
}

const HOST = "127.0.0.1";
const NAME = "localhost";
/** Streams of a session at once. */
const STREAMS = 4;
/** One request in so many has a body. */
const POST_EVERY = 4;
const BODY = Buffer.alloc(300, "b");
const ANSWER_MS = 20_000;
const PAUSE_MS = 20;

let lastId = 0;

/** One connection of HTTP/1.1 after the other, each kept as long as the server keeps it. */
export async function keepHttp1(options: ClientOptions): Promise<void> {
  while (!options.ended.aborted) {
    const socket = connect({ host: HOST, port: options.port, ...tls(options, "http/1.1") });
    socket.setNoDelay(true).on("error", () => undefined);
    try {
      await opened(socket);
      while (!options.ended.aborted && (await exchange(socket, options.tally)));
    } catch (error) {
      options.tally.lose(`HTTP/1.1: ${messageOf(error)}`);
      await sleep(PAUSE_MS);
    } finally {
      socket.destroy();
    }
  }
}

/** One session of HTTP/2 after the other: a server that says GOAWAY gets no new streams on it. */
export async function keepHttp2(options: ClientOptions): Promise<void> {
  let session: ClientHttp2Session | undefined;
  const current = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) session = openSession(options);
    return session;
  };
  const player = async (): Promise<void> => {
    while (!options.ended.aborted) {
      try {
        await stream(current(), options.tally);
      } catch (error) {
        options.tally.lose(`HTTP/2: ${messageOf(error)}`);
        await sleep(PAUSE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, player));
  session?.destroy();
}

function tls({ secureContext }: ClientOptions, protocol: string): object {
  return { secureContext, servername: NAME, rejectUnauthorized: false, ALPNProtocols: [protocol] };
}

function openSession(options: ClientOptions): ClientHttp2Session {
  const session = connectHttp2(`https://${NAME}:${options.port}`, {
    createConnection: () => connect({ host: HOST, port: options.port, ...tls(options, "h2") }),
  });
  session.on("error", () => undefined);
  return session;
}

async function opened(socket: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("secureConnect", resolve);
  socket.once("error", reject).once("close", () => reject(new Error("closed in its handshake")));
  await promise;
}

/** One request and its answer; whether the server keeps the connection. */
async function exchange(socket: TLSSocket, tally: Tally): Promise<boolean> {
  const id = String(++lastId);
  const body = lastId % POST_EVERY === 0 ? BODY : undefined;
  const head = `${body ? "POST" : "GET"} /${id} HTTP/1.1\r\nHost: ${NAME}\r\nX-Id: ${id}\r\n`;
  const answer = answerOn(socket);
  socket.write(body ? `${head}Content-Length: ${body.length}\r\n\r\n${String(body)}` : `${head}\r\n`);
  const text = await answer;
  const [, status = ""] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
  if (status === "200" && fieldOf(text, "x-id") !== id) throw new Error("another request's answer");
  if (status === "200") tally.answer(fieldOf(text, "x-service") ?? "");
  else tally.lose(`HTTP/1.1: ${status}`);
  return fieldOf(text, "connection")?.toLowerCase() !== "close";
}

function fieldOf(text: string, name: string): string | undefined {
  const head = text.slice(0, text.indexOf("\r\n\r\n") + 2);
  return new RegExp(`\r\n${name}: *([^\r]*)\r\n`, "i").exec(head)?.[1];
}

/** A whole answer with a Content-Length. */
async function answerOn(socket: TLSSocket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const onData = (data: Buffer): void => {
    text += data.toString("latin1");
    const head = text.indexOf("\r\n\r\n");
    if (head !== -1 && text.length >= head + 4 + Number(fieldOf(text, "content-length") ?? 0)) resolve(text);
  };
  const onError = (error: Error): void => reject(error);
  const onClose = (): void => reject(new Error(text === "" ? "closed unanswered" : "cut short"));
  const late = setTimeout(() => reject(new Error("no answer")), ANSWER_MS);
  socket.on("data", onData).on("error", onError).on("close", onClose);
  if (socket.destroyed) onClose();
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    socket.off("data", onData).off("error", onError).off("close", onClose);
  }
}

async function stream(session: ClientHttp2Session, tally: Tally): Promise<void> {
  const id = String(++lastId);
  const hasBody = lastId % POST_EVERY === 0;
  const request = session.request({ ":method": hasBody ? "POST" : "GET", ":path": `/${id}`, "x-id": id });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => request.close(constants.NGHTTP2_CANCEL), ANSWER_MS);
  let isWhole = false;
  request.once("response", (fields) => {
    const status = fields[":status"];
    request.once("end", () => {
      isWhole = true;
      if (status !== 200) tally.lose(`HTTP/2: ${status}`);
      else if (fields["x-id"] === id) tally.answer(String(fields["x-service"]));
      else tally.lose("HTTP/2: another request's answer");
    });
  });
  request.once("error", reject);
  request.once("close", () => {
    if (isWhole) resolve();
    else reject(new Error(`stream ended with ${request.rstCode}`));
  });
  request.resume();
  request.end(hasBody ? BODY : undefined);
  try {
    await promise;
  } finally {
    clearTimeout(late);
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? `${String(error.code)} ${error.message}` : error.message;
}
