import { type AddressInfo, createServer } from "node:net";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig, ListenerConfig } from "../config/config.ts";
import { cannotListen } from "../listening/cannot-listen.ts";

/** 0 to 2 are the standard streams, 3 is the channel to the primary. */
const FIRST_INHERITED = 4;

/** Where the listeners of several workers are, from one configuration to the next. */
export class ListenerPlaces {
  /** Which of its file descriptors a worker listens on for a listener, by name: their order may change. */
  readonly sockets: ReadonlyMap<ListenerConfig["name"], number>;
  /** Where those really are, whatever the configuration says. */
  readonly #inherited = new Map<ListenerConfig["name"], ServerAddress>();

  /** The first listeners have that many open sockets. */
  constructor({ listeners }: GatewayConfig, sockets: number) {
    this.sockets = new Map(listeners.slice(0, sockets).map(({ name }, at) => [name, FIRST_INHERITED + at]));
  }

  /** Throws when a listener without an open socket cannot have its place. */
  async probe({ listeners }: GatewayConfig): Promise<void> {
    for (const listener of listeners) if (!this.sockets.has(listener.name)) await probe(listener);
  }

  /** The configuration with the addresses that the first worker got. */
  keep(config: GatewayConfig, addresses: readonly ServerAddress[]): GatewayConfig {
    const listeners = config.listeners.map((listener, at) => {
      const address = addresses[at] ?? listener.listen;
      if (!this.sockets.has(listener.name)) return { ...listener, listen: address };
      this.#inherited.set(listener.name, address);
      return listener;
    });
    return { ...config, listeners };
  }

  /**
   * A listener that port 0 was picked for keeps the port that it got, and a socket stays where it is. Others must be
   * free, and port 0 is picked here: workers would pick one each. Throws when one cannot be had.
   */
  async next(before: GatewayConfig, config: GatewayConfig): Promise<GatewayConfig> {
    const places = new Set(before.listeners.map(({ listen }) => formatServerAddress(listen)));
    const listeners: ListenerConfig[] = [];
    for (const listener of config.listeners) {
      const former = before.listeners.find(({ name }) => name === listener.name)?.listen;
      const isPicked = listener.listen.port === 0 && former?.host === listener.listen.host;
      if (this.sockets.has(listener.name) || places.has(formatServerAddress(listener.listen))) {
        listeners.push(listener);
      } else if (isPicked) listeners.push({ ...listener, listen: former });
      else listeners.push({ ...listener, listen: await probe(listener) });
    }
    return { ...config, listeners };
  }

  /** In the order of the listeners. */
  addressesOf({ listeners }: GatewayConfig): readonly ServerAddress[] {
    return listeners.map(({ name, listen }) => this.#inherited.get(name) ?? listen);
  }
}

/** With `SO_REUSEPORT` a second gateway could listen beside us unnoticed. Resolves with the port that is free. */
async function probe({ listen: address }: ListenerConfig): Promise<ServerAddress> {
  const { promise, resolve, reject } = Promise.withResolvers<ServerAddress>();
  const server = createServer().on("error", reject);
  server.listen(address.port, address.host, () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => resolve({ ...address, port }));
  });
  return await promise.catch((error: unknown) => {
    throw cannotListen(address, error);
  });
}
