import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { alertIn } from "../../guard/support/node-client.ts";

/** How an example's client asks to be greeted, once it is connected. */
export type Protocol = "tls" | "http/1.1" | "h2";

/** A client that was greeted, or refused, and stays as long as it may. */
export interface Visit extends Disposable {
  /** The line that the server said; empty when it refused. */
  readonly greeting: string;
  /** The number of the alert that came; null when none did. */
  readonly alert: number | null;
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>;
}

/** Connects, asks for the greeting, and leaves the connection open. */
export function visit(port: number, protocol: Protocol, identity?: TestIdentity): Promise<Visit> {
  const options: ConnectionOptions = {
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ...(identity && { key: identity.key, cert: identity.cert }),
  };
  return protocol === "h2" ? visitHttp2(options) : visitTls(options, protocol);
}

function visitTls(options: ConnectionOptions, protocol: "tls" | "http/1.1"): Promise<Visit> {
  const socket = connectTls({ ...options, ...(protocol === "http/1.1" && { ALPNProtocols: [protocol] }) });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => socket.once("close", () => resolveEnded()));
  const leave = (): void => void socket.destroy();
  let text = "";
  let alert: number | null = null;
  socket.on("error", (error) => (alert ??= alertIn(error.message)));
  socket.once("close", () => resolve({ greeting: "", alert, ended, [Symbol.dispose]: leave }));
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const [greeting] = /^Hello, .*(?=\n)/m.exec(text) ?? [];
    if (greeting !== undefined) resolve({ greeting, alert, ended, [Symbol.dispose]: leave });
  });
  if (protocol === "http/1.1") socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return promise;
}

function visitHttp2(options: ConnectionOptions): Promise<Visit> {
  const socket = connectTls({ ...options, ALPNProtocols: ["h2"] });
  const session = connectHttp2("https://localhost", { createConnection: () => socket });
  const { promise, resolve } = Promise.withResolvers<Visit>();
  const ended = new Promise<void>((resolveEnded) => session.once("close", () => resolveEnded()));
  const leave = (): void => void socket.destroy();
  let text = "";
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/" });
  // A session that fails with an alert tells its streams, and never emits 'close'.
  stream.on("error", (error) => {
    resolve({ greeting: "", alert: alertIn(error.message), ended, [Symbol.dispose]: leave });
  });
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  stream.on("end", () => {
    if (text !== "") resolve({ greeting: text.trimEnd(), alert: null, ended, [Symbol.dispose]: leave });
  });
  return promise;
}
