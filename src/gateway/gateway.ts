import type { ServerAddress } from "../client/servers/server-address.ts";
import type { GatewayConfig } from "./config/config.ts";
import { loadModes } from "./gates/create-service.ts";
import { Gates } from "./gates/gates.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { Listeners } from "./listening/listeners.ts";
import { prepareReload } from "./reload/prepare-reload.ts";
import type { PreparedReload } from "./reload/prepared-reload.ts";

/** What a handshake that has begun has left when the gateway drains. */
const HANDSHAKE_GRACE_MS = 2000;

/** Listeners before services, as a configuration says. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #gates: Gates;
  readonly #listeners: Listeners;
  #config: GatewayConfig;
  #reloading: Promise<void> = Promise.resolve();
  #prepared: PreparedReload | undefined;
  #isEnding = false;

  constructor(config: GatewayConfig, context: GatewayContext) {
    this.#config = config;
    this.#context = context;
    this.#gates = new Gates(context);
    this.#listeners = new Listeners(this.#gates, context);
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
    const { listeners } = this.#config;
    const { identityOf, parked = [] } = this.#context;
    try {
      await loadModes(listeners);
      for (const config of listeners) {
        const place = this.#listeners.placeOf(config);
        const identity = await identityOf(config.certificate);
        this.#listeners.add(place, await this.#listeners.open(config, place, identity));
      }
      const addresses = this.#listeners.addressesOf(listeners);
      const [any] = listeners;
      if (any === undefined) return addresses;
      for (const name of parked) {
        await this.#listeners.park({ ...any, name }, await identityOf(any.certificate));
      }
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
    this.#listeners.stop();
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
    this.#listeners.close();
    await this.#gates.close();
  }

  async #prepare(config: GatewayConfig, onOver: () => void): Promise<PreparedReload> {
    this.#assertGoesOn();
    await loadModes(config.listeners);
    const { identityOf } = this.#context;
    const identities = await Promise.all(config.listeners.map(({ certificate }) => identityOf(certificate)));
    return await prepareReload({
      config,
      identities,
      listeners: this.#listeners,
      gates: this.#gates,
      assertGoesOn: () => this.#assertGoesOn(),
      onCommit: () => (this.#config = config),
      onOver,
    });
  }

  /** Listeners that came now would go on while the others drain. */
  #assertGoesOn(): void {
    if (this.#isEnding) throw new Error("the gateway ends: it takes over nothing any more");
  }
}
