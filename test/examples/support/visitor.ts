import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { alertIn } from "../../guard/support/node-client.ts";
import { visitGraphql } from "./graphql-visitor.ts";
import { visitGrpc } from "./grpc-visitor.ts";
import { visitMqtt } from "./mqtt-visitor.ts";
import { visitSocketIo, visitWebSocket } from "./web-socket-visitors.ts";

/** How an example's client asks to be greeted, once it is connected. */
export type Protocol = "tls" | "http/1.1" | "h2" | "ws" | "socket.io" | "grpc" | "mqtt" | "graphql";

/** Connects, asks for the greeting, and stays until it is ended. */
export type Visitor = (options: VisitorOptions) => Promise<Visit>;

export interface VisitorOptions extends ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Claimed by its certificate. */
  readonly name: string;
}

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
  const options: VisitorOptions = {
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    name: identity?.facts.claimedName ?? "",
    ...(identity && { key: identity.key, cert: identity.cert }),
  };
  return VISITORS[protocol](options);
}

const VISITORS: Readonly<Record<Protocol, Visitor>> = {
  tls: visitTls,
  "http/1.1": visitHttp,
  h2: visitHttp2,
  ws: visitWebSocket,
  "socket.io": visitSocketIo,
  grpc: visitGrpc,
  mqtt: visitMqtt,
  graphql: visitGraphql,
};

function visitTls(options: VisitorOptions): Promise<Visit> {
  return visitSocket(connectTls(options));
}

function visitHttp(options: VisitorOptions): Promise<Visit> {
  const socket = connectTls({ ...options, ALPNProtocols: ["http/1.1"] });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return visitSocket(socket);
}

function visitSocket(socket: TLSSocket): Promise<Visit> {
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
  return promise;
}

function visitHttp2(options: VisitorOptions): Promise<Visit> {
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
