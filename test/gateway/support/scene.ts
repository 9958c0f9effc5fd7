import type { ServerAddress } from "../../../src/client/servers/server-address.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import type {
  ForwardingListener,
  GatewayConfig,
  GreetingListener,
  ListenerConfig,
  Upstream,
} from "../../../src/gateway/config/config.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import type { GatewayContext } from "../../../src/gateway/gateway-context.ts";
import type { OpenedServer } from "../../../src/gateway/service/opened-server.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { HappeningOf } from "../../../src/trust/happenings/happening.ts";
import type { GatewayHappening } from "../../../src/trust/happenings/gateway-happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { identity } from "../../guard/support/identities.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** A gateway in this process, over a store in memory, with the events it told. */
export interface GatewayScene extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly addresses: readonly ServerAddress[];
  /** Of the first listener. */
  readonly port: number;
  readonly happenings: Happenings;
  readonly events: readonly GatewayHappening[];
  readonly errors: unknown[];
  /** The next event that fits, from the first one on. */
  event<Type extends GatewayHappening["type"]>(
    type: Type,
    fits?: (event: HappeningOf<Type>) => boolean,
  ): Promise<HappeningOf<Type>>;
  /** Servers that were made, and those among them that are gone. */
  readonly opened: readonly OpenedServer[];
  readonly closed: readonly OpenedServer[];
}

/** What a gateway tells besides what its guards do. */
export const GATEWAY_TYPES: readonly GatewayHappening["type"][] = [
  "listening",
  "accept-failed",
  "full",
  "handshake-failed",
  "proxy-header-refused",
  "upstream-failed",
  "upstream-connected",
  "relayed",
  "malformed-request",
  "exchanged",
];

const serverIdentity = identity("localhost");

/** A listener on a free port that lets everybody in who shows a key, unless told otherwise. */
export function listenerTo(
  to: Upstream | number,
  over: Partial<ForwardingListener> = {},
): ForwardingListener {
  const upstream = typeof to === "number" ? tcp(to) : to;
  return {
    name: "main",
    listen: { host: "127.0.0.1", port: 0 },
    mode: "tcp",
    to: upstream,
    certificate: undefined,
    policy: { firstUse: "accept", bind: "name", validity: "enforce", rotation: "accept" },
    clientCertificate: "required",
    trustCa: "none",
    minTls: "TLSv1.2",
    maxTls: "TLSv1.3",
    allow: undefined,
    paths: [],
    forwarded: ["rfc7239", "x-forwarded"],
    maxBodyBytes: 0,
    serverNames: [],
    onPending: "alert",
    alpn: [],
    starttls: "none",
    sendProxy: "none",
    acceptProxy: [],
    handshakeTimeoutMs: PATIENCE_MS,
    maxHandshakes: 1024,
    maxConnections: 1000,
    connectTimeoutMs: PATIENCE_MS,
    connectRetryMs: 0,
    idleTimeoutMs: 0,
    maxConnectionAgeMs: 0,
    ...over,
  };
}

/** A listener without a name that greets whom it lets in. */
export function greetingListener(over: Partial<GreetingListener> = {}): GreetingListener {
  const { to: _, ...settings } = listenerTo(0);
  return { ...settings, name: null, mode: "greet", ...over };
}

export function tcp(port: number): Upstream {
  return { kind: "tcp", address: { host: "127.0.0.1", port } };
}

export function configOf(
  listeners: readonly ListenerConfig[],
  over: Partial<GatewayConfig> = {},
): GatewayConfig {
  return {
    store: StoreUrl.memory,
    listeners,
    workers: 1,
    metrics: undefined,
    admin: undefined,
    authorizer: undefined,
    maxPending: 1000,
    pemDir: undefined,
    drainTimeoutMs: PATIENCE_MS,
    ...over,
  };
}

export async function openGateway(
  config: GatewayConfig,
  over: Partial<GatewayContext> = {},
): Promise<GatewayScene> {
  const store = openMemoryStore();
  const { key, cert } = await serverIdentity;
  const events: GatewayHappening[] = [];
  const errors: unknown[] = [];
  const opened: OpenedServer[] = [];
  const closed: OpenedServer[] = [];
  const happenings = over.happenings ?? new Happenings();
  const waiting = new Set<() => void>();
  const gateway = new Gateway(config, {
    store,
    now: Date.now,
    process: "test",
    identityOf: () => Promise.resolve({ key, certificate: cert }),
    useTrustCa: () => "none",
    happenings,
    ...over,
    onServer: (server) => {
      opened.push(server);
      const onClosed = over.onServer?.(server);
      return () => {
        closed.push(server);
        onClosed?.();
      };
    },
  });
  happenings.subscribe(GATEWAY_TYPES, (event) => {
    events.push(event);
    for (const wake of waiting) wake();
  });
  happenings.subscribe(["failed"], ({ error, connection }) => {
    if (connection === undefined) errors.push(error);
  });
  const addresses = await gateway.start();
  return {
    gateway,
    store,
    operator: new Operator(store, { user: "test", process: "test", now: Date.now }),
    addresses,
    port: addresses[0]?.port ?? 0,
    happenings,
    events,
    errors,
    opened,
    closed,
    async event(type, fits = () => true) {
      type Wanted = HappeningOf<typeof type>;
      for (;;) {
        const found = events.find((event): event is Wanted => event.type === type && fits(event as Wanted));
        if (found !== undefined) return found;
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await store.close();
    },
  };
}
