import type { IdentityPem } from "../client/identities/identity.ts";
import { formatServerAddress, type ServerAddress } from "../client/servers/server-address.ts";
import { Capacity } from "./listening/capacity.ts";
import type { GatewayConfig, ListenerConfig } from "./config/config.ts";
import { loadModes } from "./gates/create-service.ts";
import type { Gate } from "./gates/gate.ts";
import { Gates } from "./gates/gates.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { cannotListen, Listener } from "./listening/listener.ts";

/** A configuration that was found good, and waits to be put in place. One of the two must be called. */
export interface PreparedReload {
  /** Puts all of it in place. Returns the addresses in the order of the listeners. */
  commit(): readonly ServerAddress[];
  /** Lets go of it: everything stays as it is. */
  abandon(): void;
}

/** What a handshake that has begun has left when the gateway drains. */
const HANDSHAKE_GRACE_MS = 2000;

/** Listeners before upstreams, as a configuration says. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #capacity: Capacity;
  readonly #gates: Gates;
  /** By place. */
  readonly #listeners = new Map<string, Listener>();
  #config: GatewayConfig;
  #reloading: Promise<void> = Promise.resolve();
  #prepared: PreparedReload | undefined;
  #isEnding = false;

  constructor(config: GatewayConfig, context: GatewayContext) {
    this.#config = config;
    this.#context = context;
    this.#capacity = new Capacity(context.maxConnections ?? Number.POSITIVE_INFINITY);
    this.#gates = new Gates(context);
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** Connections of all listeners, those in their handshake included. */
  get open(): number {
    return this.#gates.open;
  }

  /** Listens everywhere, or nowhere: then it throws. Returns the addresses in the order of the listeners. */
  async start(): Promise<readonly ServerAddress[]> {
    try {
      await loadModes(this.#config.listeners);
      for (const config of this.#config.listeners) {
        const place = this.#placeOf(config);
        const identity = await this.#context.identityOf(config.certificate);
        this.#listeners.set(place, await this.#open(config, place, identity));
      }
      const addresses = [...this.#listeners.values()].map(({ address }) => address);
      for (const name of this.#context.parked ?? []) await this.#park(name);
      return addresses;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Puts another configuration in place, all of it or, when it throws, nothing. No connection ends, but those of peers
   * that it leaves out. Certificates are read anew, so the same configuration may have something new to say.
   */
  async reload(config: GatewayConfig): Promise<readonly ServerAddress[]> {
    return (await this.prepare(config)).commit();
  }

  /** The first half of a reload: all that can fail. Who comes next waits until this one is over. */
  async prepare(config: GatewayConfig): Promise<PreparedReload> {
    const before = this.#reloading;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    this.#reloading = over;
    await before;
    try {
      this.#prepared = await this.#prepare(config, () => {
        this.#prepared = undefined;
        resolve();
      });
      return this.#prepared;
    } catch (error) {
      resolve();
      throw error;
    }
  }

  /** Accepts nothing any more, and ends when the running connections have, or when their time is over. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    this.#prepared?.abandon();
    for (const listener of this.#listeners.values()) listener.stop();
    this.#gates.drain();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#config.drainTimeoutMs);
    // Many a client goes away in the middle of its handshake without saying so.
    const grace = setTimeout(() => this.#gates.giveUpHandshakes(), HANDSHAKE_GRACE_MS);
    try {
      await Promise.race([late, this.#gates.empty()]);
    } finally {
      clearTimeout(timer);
      clearTimeout(grace);
    }
    await this.close();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#prepared?.abandon();
    for (const listener of this.#listeners.values()) listener.stop();
    this.#listeners.clear();
    await this.#gates.close();
  }

  async #prepare(config: GatewayConfig, onOver: () => void): Promise<PreparedReload> {
    this.#refuseWhenEnding();
    await loadModes(config.listeners);
    const identities = await Promise.all(
      config.listeners.map(({ certificate }) => this.#context.identityOf(certificate)),
    );
    const opened = new Map<string, Listener>();
    const replacements = new Map<Listener, Gate>();
    const presented = new Map<Listener, IdentityPem>();
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      onOver();
      return true;
    };
    const abandon = (): void => {
      if (!end()) return;
      for (const { gate } of opened.values()) this.#gates.discard(gate);
      for (const listener of opened.values()) listener.stop();
      for (const gate of replacements.values()) this.#gates.discard(gate);
    };
    try {
      for (const [at, listener] of config.listeners.entries()) {
        const identity = identities[at];
        if (identity === undefined) continue;
        const place = this.#placeOf(listener);
        const running = this.#listeners.get(place);
        if (running === undefined) opened.set(place, await this.#open(listener, place, identity));
        else if (replacements.has(running) || presented.has(running)) throw isTaken(listener);
        else if (running.isParked || !isSame(running.config, listener)) {
          replacements.set(running, this.#gates.create(listener, place, identity));
        } else {
          running.gate.check(identity);
          presented.set(running, identity);
        }
      }
      this.#refuseWhenEnding();
    } catch (error) {
      abandon();
      throw error;
    }
    const commit = (): readonly ServerAddress[] => {
      if (!end()) return [];
      this.#config = config;
      for (const [place, listener] of opened) this.#listeners.set(place, listener);
      this.#endOthers(new Set(config.listeners.map((listener) => this.#placeOf(listener))));
      for (const [listener, gate] of replacements) {
        const former = listener.gate;
        gate.succeed(former);
        listener.replace(gate);
        this.#gates.retire(former);
      }
      for (const [listener, identity] of presented) this.#present(listener, identity);
      this.#gates.restrict(config, (listener) => this.#placeOf(listener));
      return config.listeners.flatMap(
        (listener) => this.#listeners.get(this.#placeOf(listener))?.address ?? [],
      );
    };
    return { commit, abandon };
  }

  /** Listeners that came now would go on while the others drain. */
  #refuseWhenEnding(): void {
    if (this.#isEnding) throw new Error("the gateway ends: it takes over nothing any more");
  }

  /** Certificates and CAs may be others though the configuration is the same. */
  #present({ gate }: Listener, identity: IdentityPem): void {
    try {
      this.#context.useTrustCa(gate.config.trustCa);
      gate.present(identity);
    } catch (error) {
      this.#context.onError(error, gate.config.name);
    }
  }

  async #open(config: ListenerConfig, place: string, identity: IdentityPem): Promise<Listener> {
    const { listenOn, onEvent } = this.#context;
    const gate = this.#gates.create(config, place, identity);
    const listener = new Listener(gate, this.#capacity, onEvent);
    try {
      await listener.listen(listenOn?.(config));
    } catch (error) {
      this.#gates.discard(gate);
      throw error;
    }
    onEvent({ type: "listening", listener: config, address: listener.address });
    return listener;
  }

  /** Has a socket that no listener is for, as if one had been there: nobody comes through its gate. */
  async #park(name: ListenerConfig["name"]): Promise<void> {
    const [any] = this.#config.listeners;
    if (any === undefined) return;
    const { listenOn, onEvent, identityOf } = this.#context;
    const config = { ...any, name };
    const place = this.#placeOf(config);
    const gate = this.#gates.create(config, place, await identityOf(any.certificate));
    const listener = new Listener(gate, this.#capacity, onEvent);
    listener.park();
    this.#listeners.set(place, listener);
    this.#gates.retire(gate);
    await listener.listen(listenOn?.(config));
  }

  /** Listeners that are not wanted any more. A socket that we were passed is kept: it may be wanted again. */
  #endOthers(places: ReadonlySet<string>): void {
    for (const [place, listener] of this.#listeners) {
      if (places.has(place) || listener.isParked) continue;
      if (listener.isPassed) listener.park();
      else {
        this.#listeners.delete(place);
        listener.stop();
      }
      this.#gates.retire(listener.gate);
    }
  }

  /** Listeners are the same from one configuration to the next when they listen at the same place. */
  #placeOf(config: ListenerConfig): string {
    const on = this.#context.listenOn?.(config);
    if (on !== undefined && "fd" in on) return `socket ${on.fd}`;
    if (config.listen.port === 0) return `port 0 of ${config.name}`;
    const address = formatServerAddress(config.listen);
    if (this.#listeners.has(address)) return address;
    for (const [place, listener] of this.#listeners) {
      if (!listener.isPassed && formatServerAddress(listener.address) === address) return place;
    }
    return address;
  }
}

/** Where they listen does not matter once they do. */
function isSame(before: ListenerConfig, after: ListenerConfig): boolean {
  return JSON.stringify({ ...before, listen: after.listen }) === JSON.stringify(after);
}

function isTaken({ listen }: ListenerConfig): Error {
  return cannotListen(listen, "another listener has it");
}
