import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import { AcceptProxy } from "../proxy-protocol/accept-proxy.ts";
import { cannotListen } from "./cannot-listen.ts";
import type { Capacity } from "./capacity.ts";
import type { ListenerConfig } from "../config/config.ts";
import { Entrance } from "./entrance.ts";
import type { Gate } from "../gates/gate.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { keepAlive } from "../upstream/keep-alive.ts";

/** How a listener gets at its socket: one of its own, one that processes share by `SO_REUSEPORT`, or one that is open. */
export type ListenOn = { readonly reusePort: true } | { readonly fd: number };

/** Accepts connections at one address and hands them to the gate of the day. */
export class Listener {
  readonly #server: Server;
  readonly #happenings: Happenings;
  readonly #entrance: Entrance;
  #gate: Gate;
  #acceptProxy: AcceptProxy | undefined;
  #isPassed = false;
  #isParked = false;

  constructor(gate: Gate, capacity: Capacity, happenings: Happenings) {
    this.#gate = gate;
    this.#happenings = happenings;
    this.#acceptProxy = this.#createAcceptProxy();
    this.#entrance = new Entrance({
      capacity,
      most: () => this.config.maxConnections,
      letIn: (transport) => this.#letIn(transport),
      onFull: () => {
        const { name: listener, maxConnections: most } = this.config;
        happenings.tell({ type: "full", listener, most });
      },
    });
    this.#server = createServer({ noDelay: true }, (transport) => this.#accepted(transport));
  }

  get config(): ListenerConfig {
    return this.#gate.config;
  }

  get gate(): Gate {
    return this.#gate;
  }

  /** Whether its socket was open before, and will be after it: systemd's, or that of the process which started this one. */
  get isPassed(): boolean {
    return this.#isPassed;
  }

  get isParked(): boolean {
    return this.#isParked;
  }

  /** Where it listens, with the port that port 0 picked. */
  get address(): ServerAddress {
    const { host } = this.config.listen;
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Starts to accept. */
  async listen(on?: ListenOn): Promise<void> {
    const { listen: wanted } = this.config;
    this.#isPassed = on !== undefined && "fd" in on;
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
      this.#happenings.tell({ type: "accept-failed", listener: this.config.name, error });
    });
  }

  /** From now on connections go through another gate. Those of the former one are its own. */
  replace(gate: Gate): void {
    this.#gate = gate;
    this.#isParked = false;
    // Headers that are being read go on to be; what comes with them goes through the new gate.
    this.#acceptProxy = this.#createAcceptProxy();
    this.#entrance.admitWaiting();
  }

  /**
   * Turns away who comes, until it is given another gate; what was let in goes on. Closed, the socket would go on to
   * take connections in the kernel, for others have it too, and could not be had again.
   */
  park(): void {
    this.#isParked = true;
    this.#entrance.turnAway();
    this.#acceptProxy?.close();
  }

  /** Accepts nothing any more; what was let in goes on. */
  stop(): void {
    this.#server.close();
    this.#entrance.close();
    this.#acceptProxy?.close();
  }

  #accepted(transport: Socket): void {
    if (this.#isParked) return void transport.destroy();
    keepAlive(transport);
    this.#entrance.accept(transport);
  }

  #letIn(transport: Socket): void {
    if (this.#acceptProxy === undefined) this.#gate.accept(transport);
    else this.#acceptProxy.accept(transport, this.#handOver);
  }

  readonly #handOver = (transport: Socket): void => {
    if (this.#server.listening && !this.#isParked) this.#gate.accept(transport);
    else transport.destroy();
  };

  #createAcceptProxy(): AcceptProxy | undefined {
    const { config } = this;
    if (config.acceptProxy.length === 0) return undefined;
    return new AcceptProxy({
      from: config.acceptProxy,
      timeoutMs: config.handshakeTimeoutMs,
      most: config.maxHandshakes,
      onRefused: (error, proxy) => {
        const type = "proxy-header-refused";
        if (this.#happenings.hears(type))
          this.#happenings.tell({ type, listener: config.name, error, proxy });
      },
    });
  }
}

function toListenOptions(
  { host, port }: ServerAddress,
  on: ListenOn | undefined,
): ListenOptions | { fd: number } {
  return on !== undefined && "fd" in on ? { fd: on.fd } : { host, port, ...on };
}
