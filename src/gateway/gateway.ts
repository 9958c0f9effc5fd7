import type { IdentityPem } from "../client/identity.ts";
import { formatServerAddress, type ServerAddress } from "../client/server-address.ts";
import type { GuardOptions } from "../guard/options.ts";
import type { TicketKeys } from "../guard/ticket-keys.ts";
import { type FirstUseLimiter, FirstUseLimits } from "../trust/first-use-limits.ts";
import type { Policy } from "../trust/policy.ts";
import type { TrustStore } from "../trust/trust-store.ts";
import { Trust } from "../trust/trust.ts";
import { Capacity } from "./capacity.ts";
import type { CertificateFiles, GatewayConfig, ListenerConfig } from "./config/config.ts";
import { loadModes } from "./create-proxy.ts";
import { Gate } from "./gate.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";
import { type ListenOn, Listener } from "./listener.ts";
import { newSecret, TicketKeyring } from "./workers/ticket-keyring.ts";

/** What a gateway cannot know by itself. */
export interface GatewayContext {
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** Key and certificate for a listener; undefined stands for the identity beside the store. */
  readonly identityOf: (files: CertificateFiles | undefined) => Promise<IdentityPem>;
  /** Makes OpenSSL trust a CA, for servers made from now on. */
  readonly useTrustCa: (ca: string) => NonNullable<GuardOptions["trustCa"]>;
  /** How many connections the process can have, whatever its listeners may; default no limit. */
  readonly maxConnections?: number;
  /** Pending keys kept at the most; default 1000. */
  readonly maxPending?: number;
  /** Limits first use; default for this process alone. */
  readonly limits?: FirstUseLimiter;
  /** Ticket keys that other processes share, for listeners that verify in the same way. */
  readonly ticketKeys?: (context: string) => TicketKeys;
  /** Where a listener really listens; default at its address, alone. */
  readonly listenOn?: (listener: ListenerConfig) => ListenOn | undefined;
  readonly onEvent: OnGatewayEvent;
  /** Told of failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** What a handshake that has begun has left when the gateway drains. */
const HANDSHAKE_GRACE_MS = 2000;

/** Listeners before upstreams, as a configuration says. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #limits: FirstUseLimiter;
  readonly #capacity: Capacity;
  /** One for each policy: they judge differently, over the same store. */
  readonly #trusts = new Map<string, Trust>();
  readonly #ticketKeys: (context: string) => TicketKeys;
  /** Those of former configurations too, as long as they have connections. */
  readonly #gates = new Set<Gate>();
  readonly #listeners = new Map<string, Listener>();
  #config: GatewayConfig;
  #reloading: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(config: GatewayConfig, context: GatewayContext) {
    this.#config = config;
    this.#context = context;
    this.#limits = context.limits ?? new FirstUseLimits();
    this.#capacity = new Capacity(context.maxConnections ?? Number.POSITIVE_INFINITY);
    const secrets = { generation: 0, current: newSecret(), former: [], holdersUnknown: true };
    const keyring = new TicketKeyring(secrets, () => undefined);
    this.#ticketKeys = context.ticketKeys ?? ((name) => keyring.keysFor(name));
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** Connections of all listeners, those in their handshake included. */
  get open(): number {
    let open = 0;
    for (const gate of this.#gates) open += gate.open;
    return open;
  }

  /** Listens everywhere, or nowhere: then it throws. Returns the addresses in the order of the listeners. */
  async start(): Promise<readonly ServerAddress[]> {
    try {
      await loadModes(this.#config.listeners);
      for (const config of this.#config.listeners) {
        const listener = await this.#open(config, await this.#context.identityOf(config.certificate));
        this.#listeners.set(placeOf(config), listener);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return [...this.#listeners.values()].map(({ address }) => address);
  }

  /**
   * Puts another configuration in place, all of it or, when it throws, nothing. No connection ends, but those of peers
   * that it leaves out. Certificates are read anew, so the same configuration may have something new to say.
   */
  async reload(config: GatewayConfig): Promise<readonly ServerAddress[]> {
    const reloaded = this.#reloading.then(() => this.#reload(config));
    this.#reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  /** Accepts nothing any more, and ends when the running connections have, or when their time is over. */
  async drain(): Promise<void> {
    for (const listener of this.#listeners.values()) listener.stop();
    for (const gate of this.#gates) gate.drain();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#config.drainTimeoutMs);
    // Many a client goes away in the middle of its handshake without saying so.
    const grace = setTimeout(() => {
      for (const gate of this.#gates) gate.giveUpHandshakes();
    }, HANDSHAKE_GRACE_MS);
    try {
      await Promise.race([late, Promise.all(Array.from(this.#gates, (gate) => gate.empty()))]);
    } finally {
      clearTimeout(timer);
      clearTimeout(grace);
    }
    await this.close();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const listener of this.#listeners.values()) listener.stop();
    this.#listeners.clear();
    for (const gate of this.#gates) gate.close();
    this.#gates.clear();
    for (const trust of this.#trusts.values()) await trust[Symbol.asyncDispose]();
    this.#trusts.clear();
  }

  async #reload(config: GatewayConfig): Promise<readonly ServerAddress[]> {
    await loadModes(config.listeners);
    const identities = await Promise.all(
      config.listeners.map(({ certificate }) => this.#context.identityOf(certificate)),
    );
    const opened = new Map<string, Listener>();
    const replacements = new Map<Listener, Gate>();
    try {
      for (const [at, listener] of config.listeners.entries()) {
        const identity = identities[at];
        if (identity === undefined) continue;
        const running = this.#listeners.get(placeOf(listener));
        if (running === undefined) opened.set(placeOf(listener), await this.#open(listener, identity));
        else if (!isSame(running.config, listener)) {
          replacements.set(running, this.#createGate(listener, identity));
        }
      }
      if (this.#isClosed) throw new Error("the gateway is closed");
    } catch (error) {
      for (const listener of opened.values()) this.#end(listener);
      for (const gate of replacements.values()) this.#discard(gate);
      throw error;
    }
    this.#config = config;
    const places = new Set(config.listeners.map(placeOf));
    for (const [place, listener] of this.#listeners) {
      if (places.has(place)) continue;
      this.#listeners.delete(place);
      this.#end(listener);
    }
    for (const [listener, gate] of replacements) {
      const former = listener.gate;
      gate.succeed(former);
      listener.replace(gate);
      this.#retire(former);
    }
    for (const [at, listener] of config.listeners.entries()) {
      const identity = identities[at];
      const running = this.#listeners.get(placeOf(listener));
      if (running === undefined || identity === undefined || replacements.has(running)) continue;
      this.#context.useTrustCa(listener.trustCa);
      running.gate.present(identity);
    }
    for (const [place, listener] of opened) this.#listeners.set(place, listener);
    this.#restrict(config);
    return config.listeners.flatMap((listener) => this.#listeners.get(placeOf(listener))?.address ?? []);
  }

  /** What a new configuration forbids is over for connections of all former ones, too. */
  #restrict({ listeners }: GatewayConfig): void {
    for (const gate of this.#gates) {
      const { name } = gate.config;
      const place = placeOf(gate.config);
      const now =
        listeners.find((listener) => placeOf(listener) === place) ??
        listeners.find((listener) => listener.name === name);
      if (now !== undefined) gate.restrict(now);
    }
  }

  async #open(config: ListenerConfig, identity: IdentityPem): Promise<Listener> {
    const { listenOn, onEvent } = this.#context;
    const gate = this.#createGate(config, identity);
    const listener = new Listener(gate, this.#capacity, onEvent);
    try {
      await listener.listen(listenOn?.(config));
    } catch (error) {
      this.#discard(gate);
      throw error;
    }
    onEvent({ type: "listening", listener: config, address: listener.address });
    return listener;
  }

  #createGate(config: ListenerConfig, identity: IdentityPem): Gate {
    const { store, useTrustCa, onEvent } = this.#context;
    const gate = new Gate({
      config,
      trust: this.#trustFor(config.policy),
      groups: store,
      identity,
      trustCa: useTrustCa(config.trustCa),
      ticketKeys: this.#ticketKeys(ticketContext(config)),
      onEvent,
    });
    this.#gates.add(gate);
    return gate;
  }

  /** A listener that is not wanted any more. */
  #end(listener: Listener): void {
    listener.stop();
    this.#retire(listener.gate);
  }

  /** Goes on until its last connection is gone. */
  #retire(gate: Gate): void {
    gate.drain();
    void gate.empty().then(() => this.#discard(gate));
  }

  #discard(gate: Gate): void {
    gate.close();
    this.#gates.delete(gate);
  }

  #trustFor(policy: Policy): Trust {
    const { firstUse, bind, validity, rotation } = policy;
    const name = [firstUse, bind, validity, rotation].join(" ");
    const { store, now, process, onError, maxPending } = this.#context;
    let trust = this.#trusts.get(name);
    if (trust === undefined) {
      const limits = this.#limits;
      trust = new Trust(store, {
        policy,
        limits,
        now,
        process,
        onError,
        ...(maxPending !== undefined && { maxPending }),
      });
      this.#trusts.set(name, trust);
    }
    return trust;
  }
}

/** Listeners are the same from one configuration to the next when they listen at the same place. */
function placeOf({ listen, name }: ListenerConfig): string {
  return listen.port === 0 ? `port 0 of ${name}` : formatServerAddress(listen);
}

function isSame(before: ListenerConfig, after: ListenerConfig): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** All that the sessions of a listener are verified by. */
function ticketContext({ name, clientCertificate, trustCa }: ListenerConfig): string {
  return JSON.stringify([name, clientCertificate, trustCa]);
}
