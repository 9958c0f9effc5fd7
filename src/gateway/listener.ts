import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { formatServerAddress, type ServerAddress } from "../client/server-address.ts";
import { HandclaspError } from "../errors.ts";
import type { ListenerConfig } from "./config.ts";
import type { Gate } from "./gate.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";

/** How a listener gets at its socket: one of its own, one that processes share by `SO_REUSEPORT`, or one that is open. */
export type ListenOn = { readonly reusePort: true } | { readonly fd: number };

/** Accepts connections at one address and hands them to the gate of the day. */
export class Listener {
  readonly #server: Server;
  readonly #onEvent: OnGatewayEvent;
  #gate: Gate;

  constructor(gate: Gate, onEvent: OnGatewayEvent) {
    this.#gate = gate;
    this.#onEvent = onEvent;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, this.#accepted);
  }

  get config(): ListenerConfig {
    return this.#gate.config;
  }

  /** Starts to accept; returns the address with the port that port 0 picked. */
  async listen(on?: ListenOn): Promise<ServerAddress> {
    const { listen: wanted } = this.config;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    // Node's types do not have `fd`, in one object with the rest.
    this.#server.listen(toListenOptions(wanted, on) as ListenOptions, resolve);
    try {
      await promise;
    } catch (error) {
      throw cannotListen(wanted, error);
    } finally {
      this.#server.off("error", reject);
    }
    this.#server.on("error", (error) => {
      this.#onEvent({ type: "accept-failed", listener: this.config, error });
    });
    return { host: wanted.host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Accepts nothing any more; what was accepted goes on. */
  stop(): void {
    this.#server.close();
  }

  readonly #accepted = (transport: Socket): void => {
    this.#gate.accept(transport);
  };
}

function toListenOptions(
  { host, port }: ServerAddress,
  on: ListenOn | undefined,
): ListenOptions | { fd: number } {
  return on !== undefined && "fd" in on ? { fd: on.fd } : { host, port, ...on };
}

/** What listening failed with, for people. */
export function cannotListen(address: ServerAddress, cause: unknown): HandclaspError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const problem = `cannot listen on ${formatServerAddress(address)}: ${said}`;
  return new HandclaspError("ERR_HANDCLASP_OPTION", problem, {
    hint: "give another address to listen on; port 0 picks a free port",
    cause,
  });
}
