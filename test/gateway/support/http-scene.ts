import { once } from "node:events";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import type { ForwardingListener } from "../../../src/gateway/config/config.ts";
import { createHttpService } from "../../../src/gateway/http/http-service.ts";
import type { Service } from "../../../src/gateway/service/service.ts";
import { type Guard, guard } from "../../../src/guard/guard.ts";
import type { GuardOptions } from "../../../src/guard/options.ts";
import type { GatewayHappening } from "../../../src/trust/happenings/gateway-happening.ts";
import { GATEWAY_TYPES } from "./scene.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { DEFAULT_POLICY, type Policy } from "../../../src/trust/records/policy.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { closed } from "../../guard/support/closed.ts";
import { listenerTo } from "./scene.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** Whom clients meet. */
export const server: TestIdentity = await identity("localhost");
/** The client of most tests. */
export const anna: TestIdentity = await identity("anna");

export interface HttpSceneOptions {
  /** The upstream's port. */
  readonly to: number;
  readonly protocol?: "http" | "h2c";
  readonly config?: Partial<ForwardingListener>;
  readonly guard?: GuardOptions;
  readonly mostUpstream?: number;
  readonly policy?: Partial<Policy>;
}

/** A guarded server in front of an upstream, on a free port. */
export interface HttpScene extends AsyncDisposable {
  readonly port: number;
  readonly proxy: Service;
  readonly guard: Guard;
  readonly trust: Trust;
  readonly operator: Operator;
  readonly events: readonly GatewayHappening[];
}

const PLENTY = { burst: 10_000, perSecond: 10_000 };

export async function openHttpScene(options: HttpSceneOptions): Promise<HttpScene> {
  const store = openMemoryStore();
  const trust = new Trust(store, {
    policy: { firstUse: "accept", ...options.policy },
    limits: { perNetwork: PLENTY, overall: PLENTY },
    now: Date.now,
    process: "test",
  });
  const operator = new Operator(store, { user: "test", process: "test", now: Date.now });
  const events: GatewayHappening[] = [];
  const happenings = new Happenings();
  happenings.subscribe(GATEWAY_TYPES, (event) => void events.push(event));
  const proxy = createHttpService({
    config: toConfig(options),
    tls: { key: server.key, cert: server.cert },
    isAllowed: ({ peer }, allow) => peer !== undefined && allow.includes(peer.name),
    lookedAt: (pin) => store.lookedAt(pin),
    happenings,
    cut: (...cut) => guarding.cut(...cut),
    onDenied: () => undefined,
    ...(options.mostUpstream !== undefined && { mostUpstream: options.mostUpstream }),
  });
  const { receivePending } = proxy;
  const guarding: Guard = guard(proxy.server, trust, {
    ...options.guard,
    ...(receivePending && { dangerouslyReceivePending: receivePending }),
  });
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    proxy.server.emit("connection", socket),
  );
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    proxy,
    guard: guarding,
    trust,
    operator,
    events,
    async [Symbol.asyncDispose]() {
      const over = once(listener, "close");
      listener.close();
      guarding.close();
      await over;
      proxy.close();
      await trust[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function toConfig({ to, protocol = "http", config, policy }: HttpSceneOptions): ForwardingListener {
  const upstream = { kind: "tcp", address: { host: "127.0.0.1", port: to }, protocol } as const;
  return listenerTo(upstream, {
    mode: "http",
    policy: { ...DEFAULT_POLICY, ...policy },
    connectTimeoutMs: PATIENCE_MS,
    connectRetryMs: 0,
    idleTimeoutMs: PATIENCE_MS,
    ...config,
  });
}

/** How a client connects: as anna unless it says otherwise. */
export function clientOptions(who: TestIdentity | "nobody" = anna): tls.ConnectionOptions {
  const shown = who === "nobody" ? {} : { key: who.key, cert: who.cert };
  return { host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false, ...shown };
}

/** A TLS connection for tests that write HTTP/1.1 by hand. */
export async function connectRaw(port: number, who?: TestIdentity | "nobody"): Promise<tls.TLSSocket> {
  const socket = tls.connect({ port, ALPNProtocols: ["http/1.1"], ...clientOptions(who) });
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return socket;
}

/** Writes bytes and reads until the other side closes. */
export async function exchangeRaw(
  port: number,
  bytes: string,
  who?: TestIdentity | "nobody",
): Promise<string> {
  const socket = await connectRaw(port, who);
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => (received += text));
  socket.write(bytes, "latin1");
  await closed(socket);
  return received;
}

/** An HTTP/2 session that is closed with the block. */
export function openSession(
  port: number,
  who?: TestIdentity | "nobody",
): http2.ClientHttp2Session & AsyncDisposable {
  // Not in Node's types: a client may say twice what it likes.
  const options = { ...clientOptions(who), strictSingleValueFields: false };
  const session = http2.connect(`https://localhost:${port}`, options);
  session.on("error", () => undefined);
  return Object.assign(session, {
    async [Symbol.asyncDispose](): Promise<void> {
      if (session.destroyed) return;
      const over = closed(session);
      session.destroy();
      await over;
    },
  });
}

/** What an HTTP/2 stream came to. */
export interface StreamOutcome {
  readonly status: number | undefined;
  readonly headers: http2.IncomingHttpHeaders;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: string;
  /** NGHTTP2_NO_ERROR is 0. */
  readonly resetCode: number;
}

export async function finish(stream: http2.ClientHttp2Stream): Promise<StreamOutcome> {
  let headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
  let trailers: http2.IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (received) => (headers = received));
  stream.on("trailers", (received) => (trailers = received));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await closed(stream);
  const body = Buffer.concat(chunks).toString();
  return { status: headers[":status"], headers, trailers, body, resetCode: stream.rstCode };
}
