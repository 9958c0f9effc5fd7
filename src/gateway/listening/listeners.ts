import type { IdentityPem } from "../../client/identities/identity.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { ListenerConfig } from "../config/config.ts";
import type { Gates } from "../gates/gates.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { Capacity } from "./capacity.ts";
import { Listener, type ListenOn } from "./listener.ts";

/** What listeners cannot know by themselves. */
export interface ListenersContext {
  /** Where a listener really listens; default at its address, alone. */
  readonly listenOn?: (listener: ListenerConfig) => ListenOn | undefined;
  /** How many connections the process can have, whatever its listeners may; default no limit. */
  readonly maxConnections?: number;
  readonly happenings: Happenings;
}

/** The listeners of a gateway by place: one is the same from one configuration to the next when it listens at the same. */
export class Listeners {
  readonly #gates: Gates;
  readonly #context: ListenersContext;
  readonly #capacity: Capacity;
  readonly #listeners = new Map<string, Listener>();

  constructor(gates: Gates, context: ListenersContext) {
    this.#gates = gates;
    this.#context = context;
    this.#capacity = new Capacity(context.maxConnections ?? Number.POSITIVE_INFINITY);
  }

  placeOf(config: ListenerConfig): string {
    const on = this.#context.listenOn?.(config);
    if (on !== undefined && "fd" in on) return `socket ${on.fd}`;
    if (config.listen.port === 0) return `port 0 of ${config.name ?? ""}`;
    const address = formatServerAddress(config.listen);
    if (this.#listeners.has(address)) return address;
    for (const [place, listener] of this.#listeners) {
      if (!listener.isPassed && formatServerAddress(listener.address) === address) return place;
    }
    return address;
  }

  at(place: string): Listener | undefined {
    return this.#listeners.get(place);
  }

  /** Starts one that is not among them yet. */
  async open(config: ListenerConfig, place: string, identity: IdentityPem): Promise<Listener> {
    const { listenOn, happenings } = this.#context;
    const gate = this.#gates.create(config, place, identity);
    const listener = new Listener(gate, this.#capacity, happenings);
    try {
      await listener.listen(listenOn?.(config));
    } catch (error) {
      this.#gates.discard(gate);
      throw error;
    }
    happenings.tell({ type: "listening", listener: config.name, address: listener.address });
    return listener;
  }

  add(place: string, listener: Listener): void {
    this.#listeners.set(place, listener);
  }

  /** Has a socket that no listener is for, as if there had been one with this configuration: nobody comes through its gate. */
  async park(config: ListenerConfig, identity: IdentityPem): Promise<void> {
    const { listenOn, happenings } = this.#context;
    const place = this.placeOf(config);
    const gate = this.#gates.create(config, place, identity);
    const listener = new Listener(gate, this.#capacity, happenings);
    listener.park();
    this.#listeners.set(place, listener);
    this.#gates.retire(gate);
    await listener.listen(listenOn?.(config));
  }

  /** Ends those that are not wanted any more. A socket that we were passed is kept: it may be wanted again. */
  endOthers(places: ReadonlySet<string>): void {
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

  /** Where these listen, in their order. */
  addressesOf(configs: readonly ListenerConfig[]): readonly ServerAddress[] {
    return configs.flatMap((config) => this.#listeners.get(this.placeOf(config))?.address ?? []);
  }

  /** They accept nothing any more; what was let in goes on. */
  stop(): void {
    for (const listener of this.#listeners.values()) listener.stop();
  }

  /** The same, and there are none any more. */
  close(): void {
    this.stop();
    this.#listeners.clear();
  }
}
