import type { Server } from "node:http";
import { Authorizer } from "../../authorizer/authorizer.ts";
import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { Trust } from "../../trust/trust.ts";
import type { EventLog, LogEntry } from "../log/event-log.ts";
import { whyUnavailable, whyUnreadyWith } from "../trust-store/why-unavailable.ts";
import { processName } from "../trust-store/process-name.ts";
import { openPushes } from "./open-pushes.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import { listenForProxies, type Place } from "./listen-for-proxies.ts";
import { readSecrets } from "./secrets.ts";

const ANSWER_MS = 2000;

export interface AuthorizerServerOptions {
  readonly config: AuthorizerConfig;
  readonly store: TrustStore;
  /** What serves it. */
  readonly verb: string;
  readonly maxPending: number;
  readonly happenings: Happenings;
  readonly log: EventLog;
  /** A socket that is open already, instead of where the configuration says. */
  readonly fd?: number;
}

/** An authorizer that listens, with its rules of trust and what it keeps for proxies. */
export class AuthorizerServer implements AsyncDisposable {
  /** What logs say of it. */
  readonly told: Omit<LogEntry, "event">;
  readonly #config: AuthorizerConfig;
  readonly #store: TrustStore;
  readonly #authorizer: Authorizer;
  readonly #ends: AsyncDisposableStack;
  readonly #openedAt: number = Date.now();

  /** Throws ERR_HANDCLASP_OPTION and ERR_HANDCLASP_CONFIG. */
  static async open(options: AuthorizerServerOptions): Promise<AuthorizerServer> {
    const { config, store, verb, maxPending, happenings, log, fd } = options;
    await using ends = new AsyncDisposableStack();
    const trust = ends.use(
      new Trust(store, {
        policy: config.policy,
        now: Date.now,
        monotonic: () => performance.now(),
        process: processName(verb),
        maxPending,
        onError: (error, listener) =>
          happenings.tell({ type: "failed", connection: undefined, listener, error }),
      }),
    );
    const authorizer = new Authorizer(
      { trust, happenings, isAble: () => whyUnavailable(store) === null },
      readSecrets(config),
    );
    const { server } = authorizer;
    const place = await listenForProxies(server, config, fd);
    ends.defer(() => place.remove());
    ends.defer(() => ended(server));
    server.on("error", (error) => log.failed(error));
    const pushes = openPushes(config, { trust, happenings, log });
    for (const push of pushes) {
      ends.defer(() => push.close());
      push.start();
    }
    return new AuthorizerServer(config, { store, place, authorizer, ends: ends.move() });
  }

  private constructor(config: AuthorizerConfig, { store, place, authorizer, ends }: Opened) {
    this.#store = store;
    this.#config = config;
    const { address, port } = place;
    this.told = { address, ...(port !== undefined && { port }), ...config.policy };
    this.#authorizer = authorizer;
    this.#ends = ends;
  }

  /** The key of the proxy's certificate, where that was given. */
  get proxyPin(): KeyPin | undefined {
    return this.#authorizer.ownPins[0];
  }

  /** Why no client could be let in; null when one could. */
  unready(): string | null {
    return whyUnreadyWith(this.#store, this.#openedAt);
  }

  /** Reads its secret and the proxy's certificate again. Throws ERR_HANDCLASP_CONFIG, and goes on with those it has. */
  reread(): void {
    this.#authorizer.renew(readSecrets(this.#config));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends[Symbol.asyncDispose]();
  }
}

interface Opened {
  readonly store: TrustStore;
  readonly place: Place;
  readonly authorizer: Authorizer;
  readonly ends: AsyncDisposableStack;
}

/** Answers what was asked already, for as long as that takes at the most: claims are settled within a moment. */
async function ended(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.closeAllConnections(), ANSWER_MS);
  server.close(() => resolve());
  await promise;
  clearTimeout(timer);
}
