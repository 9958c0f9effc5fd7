import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, Server, type TLSSocket } from "node:tls";
import {
  ANYTHING,
  check,
  checkOptions,
  OBJECT,
  oneOf,
  type OptionRule,
  type OptionRules,
} from "../check-options.ts";
import { createIdentity } from "../x509/create-identity.ts";
import type { RefusedMessage } from "../guard/channels.ts";
import { toCutReason } from "../trust/happenings/cut-reason.ts";
import { type Guard, guard } from "../guard/guard.ts";
import type { GuardOptions } from "../guard/options.ts";
import { Operator } from "../operator/operator.ts";
import { openMemoryStore } from "../store/sqlite/memory-store.ts";
import type { Policy } from "../trust/records/policy.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { Trust } from "../trust/trust.ts";
import type { CertificateFacts, KeyPin } from "../x509/certificate-facts.ts";
import { type TestClock, testClock } from "./test-clock.ts";

/** What a server does with its clients: requests, or connections under `protocol: "tls"`. */
export type TestHandler = RequestListener | ((socket: TLSSocket) => void);

export interface GuardedServerOptions {
  /** Default `https`, which is HTTP/1.1; `http2` speaks both. */
  readonly protocol?: "https" | "http2" | "tls";
  /** Default: `firstUse: "accept"`, and the rest as always. */
  readonly policy?: Partial<Policy>;
  readonly guard?: GuardOptions;
  /** Default one in memory, which is closed with the server; one that is given stays open. */
  readonly store?: TrustStore;
  /** Default one that shows the moment of the call. */
  readonly clock?: TestClock;
}

const RULES: OptionRules<GuardedServerOptions> = {
  protocol: oneOf("https", "http2", "tls"),
  policy: OBJECT,
  guard: OBJECT,
  store: ANYTHING,
  clock: OBJECT,
};
const HANDLER: OptionRule = {
  mustBe: "a function, or a server of node:tls, node:https or createSecureServer() of node:http2",
  allows: (value) => typeof value === "function" || value instanceof Server,
};
const PLENTY = { burst: 100_000, perSecond: 100_000 };
const HOST = "127.0.0.1";

/**
 * Starts a real TLS server with its guard, on a free port of the loopback, before a trust store in memory. `handler` may
 * be a server, too, that does not listen yet and has no guard: it is given its certificate here. Close it:
 * `await using`.
 */
export async function guardedServer(
  handler: TestHandler | Server = () => undefined,
  options: GuardedServerOptions = {},
): Promise<GuardedServer> {
  check("the handler of guardedServer()", handler, HANDLER);
  checkOptions("guardedServer()", options, RULES);
  const clock = options.clock ?? testClock();
  const made = await createIdentity({ name: "localhost", now: new Date(clock.now()) });
  const identity = { key: made.privateKeyPem, cert: made.certificatePem };
  const server = handler instanceof Server ? handler : serverOf(handler, options.protocol ?? "https");
  server.setSecureContext(identity);
  const opened = new GuardedServer(server, clock, made.facts.pin, options);
  server.listen(0, HOST);
  await once(server, "listening");
  return opened;
}

/** A server for a test, and all that belongs to it. `guardedServer()` makes it. */
export class GuardedServer implements AsyncDisposable {
  readonly server: Server;
  readonly guard: Guard;
  readonly store: TrustStore;
  readonly trust: Trust;
  readonly operator: Operator;
  readonly clock: TestClock;
  /** Of the server's key. */
  readonly pin: KeyPin;
  readonly host: string = HOST;
  readonly #ownStore: boolean;
  readonly #receivesPending: boolean;
  readonly #stopFollowing: () => void;

  constructor(server: Server, clock: TestClock, pin: KeyPin, options: GuardedServerOptions) {
    const { now } = clock;
    const who = `test ${process.pid}`;
    this.server = server;
    this.clock = clock;
    this.pin = pin;
    this.#ownStore = options.store === undefined;
    this.#receivesPending = options.guard?.dangerouslyReceivePending !== undefined;
    this.store = options.store ?? openMemoryStore({ now, process: who });
    this.trust = new Trust(this.store, {
      policy: { firstUse: "accept", ...options.policy },
      limits: { perNetwork: PLENTY, overall: PLENTY },
      now,
      process: who,
    });
    this.operator = new Operator(this.store, { user: "test", process: who, now });
    this.guard = guard(server, this.trust, options.guard);
    this.#stopFollowing = clock.onMove(() => this.#cutEnded());
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `https://127.0.0.1:PORT`, without a slash at its end. */
  get url(): string {
    return `https://${this.host}:${this.port}`;
  }

  /** Has the operator import a client's certificate, under its own name unless told, and put it into groups. */
  async introduce(
    { facts }: { readonly facts: CertificateFacts },
    { name, groups = [] }: { readonly name?: string; readonly groups?: readonly string[] } = {},
  ): Promise<void> {
    await this.operator.import(facts, name === undefined ? {} : { name });
    for (const group of groups) await this.operator.addToGroup(group, facts.pin);
  }

  /** Whether a refused client is kept on all the same, for `dangerouslyReceivePending`. */
  receives({ reason }: RefusedMessage): boolean {
    return this.#receivesPending && reason === "pending";
  }

  /** Ends all connections, and closes what it opened. */
  async close(): Promise<void> {
    this.#stopFollowing();
    this.guard.close();
    if (this.server.listening) {
      const closed = once(this.server, "close");
      this.server.close();
      await closed;
    }
    await this.trust[Symbol.asyncDispose]();
    if (this.#ownStore) await this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A guard looks by the system's clock every second for approvals that ended; a test does not wait for that. */
  #cutEnded(): void {
    for (const connection of this.guard.connections) {
      const distrust = connection.peer && this.trust.standing(connection.peer.pin).distrust;
      if (distrust !== undefined) this.guard.cut(connection, toCutReason(distrust));
    }
  }
}

function serverOf(handler: TestHandler, protocol: NonNullable<GuardedServerOptions["protocol"]>): Server {
  if (protocol === "tls") return createTlsServer(handler as (socket: TLSSocket) => void);
  if (protocol === "https") return createHttpsServer(handler as RequestListener);
  const server = createSecureServer({ allowHTTP1: true });
  server.on("request", handler as () => void);
  return server;
}
