import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { type Guard, guard } from "../../../src/guard/guard.ts";
import type { TrustPort } from "../../../src/trust/trust-port.ts";
import type { GuardOptions } from "../../../src/guard/options.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { Policy } from "../../../src/trust/records/policy.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { identity } from "./identities.ts";

export interface SceneOptions extends GuardOptions {
  readonly kind?: "tls" | "https" | "http2";
  readonly policy?: Partial<Policy>;
  readonly server?: tls.TlsOptions;
  /** Called before the guard is put on the server. */
  readonly prepare?: (server: tls.Server) => void;
  /** Default one in memory. */
  readonly store?: TrustStore;
  /** Put between the guard and the real trust. */
  readonly through?: (trust: Trust) => TrustPort;
}

/** A guarded server on a free port, with a trust store of its own. */
export interface Scene extends AsyncDisposable {
  readonly server: tls.Server;
  readonly guard: Guard;
  readonly trust: Trust;
  readonly operator: Operator;
  readonly port: number;
}

const PLENTY = { burst: 10_000, perSecond: 10_000 };
const serverIdentity = identity("localhost");

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const {
    kind = "tls",
    policy,
    server: tlsOptions,
    prepare,
    through,
    store = openMemoryStore(),
    ...guardOptions
  } = options;
  const { key, cert } = await serverIdentity;
  const server = create(kind, { key, cert, ...tlsOptions });
  prepare?.(server);
  const trust = new Trust(store, {
    policy: { firstUse: "accept", ...policy },
    limits: { perNetwork: PLENTY, overall: PLENTY },
    now: Date.now,
    process: "test",
  });
  const operator = new Operator(store, { user: "test", process: "test", now: Date.now });
  const guarding = guard(server, through === undefined ? trust : through(trust), {
    handshakeTimeoutMs: PATIENCE_MS,
    ...guardOptions,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dispose = async (): Promise<void> => {
    guarding.close();
    const closed = once(server, "close");
    server.close();
    await closed;
    await trust[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  return { server, guard: guarding, trust, operator, port, [Symbol.asyncDispose]: dispose };
}

function create(kind: "tls" | "https" | "http2", options: tls.TlsOptions): tls.Server {
  if (kind === "https") return https.createServer(options);
  if (kind === "http2") return http2.createSecureServer({ allowHTTP1: true, ...options });
  return tls.createServer(options);
}

/** Greets whoever comes through, then ends the connection. */
export function greet(server: tls.Server): void {
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.end("hello");
    socket.resume();
  });
}
