import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { formatServerAddress, type ServerAddress } from "../client/server-address.ts";
import { HandclaspError } from "../errors.ts";
import { AcceptProxy } from "./proxy-protocol/accept-proxy.ts";
import type { Capacity } from "./capacity.ts";
import type { ListenerConfig } from "./config/config.ts";
import type { Gate } from "./gate.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";

/** How a listener gets at its socket: one of its own, one that processes share by `SO_REUSEPORT`, or one that is open. */
export type ListenOn = { readonly reusePort: true } | { readonly fd: number };

/** Accepted connections that wait for room, at the most: as many as a kernel keeps by default. */
const MOST_WAITING = 511;

/** Accepts connections at one address and hands them to the gate of the day. */
export class Listener {
  readonly #server: Server;
  readonly #onEvent: OnGatewayEvent;
  /** Of the whole process. */
  readonly #capacity: Capacity;
  readonly #mostWaiting: number;
  readonly #waiting = new Set<Socket>();
  readonly #stopWaiting: () => void;
  #gate: Gate;
  #acceptProxy: AcceptProxy | undefined;
  #open = 0;

  constructor(gate: Gate, capacity: Capacity, onEvent: OnGatewayEvent) {
    this.#gate = gate;
    this.#capacity = capacity;
    this.#onEvent = onEvent;
    this.#mostWaiting = Math.min(MOST_WAITING, capacity.most);
    this.#acceptProxy = this.#createAcceptProxy();
    this.#server = createServer({ noDelay: true }, this.#accepted);
    this.#stopWaiting = capacity.onFreed(() => this.#letIn());
  }

  get config(): ListenerConfig {
    return this.#gate.config;
  }

  get gate(): Gate {
    return this.#gate;
  }

  /** Where it listens, with the port that port 0 picked. */
  get address(): ServerAddress {
    const { host } = this.config.listen;
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Starts to accept. */
  async listen(on?: ListenOn): Promise<void> {
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
  }

  /** From now on connections go through another gate. Those of the former one are its own. */
  replace(gate: Gate): void {
    this.#gate = gate;
    // Headers that are being read go on to be; what comes with them goes through the new gate.
    this.#acceptProxy = this.#createAcceptProxy();
    this.#letIn();
  }

  /** Accepts nothing any more; what was let in goes on. */
  stop(): void {
    this.#server.close();
    this.#stopWaiting();
    this.#acceptProxy?.close();
    for (const transport of this.#waiting) transport.destroy();
    this.#waiting.clear();
  }

  readonly #accepted = (transport: Socket): void => {
    if (this.#waiting.size === 0 && this.#take()) return this.#start(transport);
    if (this.#waiting.size >= this.#mostWaiting) return void transport.destroy();
    if (this.#waiting.size === 0) this.#onEvent({ type: "full", listener: this.config });
    this.#waiting.add(transport);
    transport.on("error", ignore);
    transport.on("close", () => this.#waiting.delete(transport));
  };

  /** Room for one more, and it is taken. */
  #take(): boolean {
    if (this.#open >= this.config.maxConnections || !this.#capacity.take()) return false;
    this.#open += 1;
    return true;
  }

  #start(transport: Socket): void {
    transport.on("close", this.#closed);
    if (this.#acceptProxy === undefined) this.#gate.accept(transport);
    else this.#acceptProxy.accept(transport, this.#handOver);
  }

  readonly #handOver = (transport: Socket): void => {
    if (this.#server.listening) this.#gate.accept(transport);
    else transport.destroy();
  };

  readonly #closed = (): void => {
    this.#open -= 1;
    this.#capacity.give();
  };

  /** The one that waited longest is first. */
  #letIn(): void {
    for (const transport of this.#waiting) {
      if (!this.#take()) return;
      this.#waiting.delete(transport);
      this.#start(transport);
    }
  }

  #createAcceptProxy(): AcceptProxy | undefined {
    const { config } = this;
    if (config.acceptProxy.length === 0) return undefined;
    return new AcceptProxy({
      from: config.acceptProxy,
      timeoutMs: config.handshakeTimeoutMs,
      most: config.maxHandshakes,
      onRefused: (error, proxy) =>
        this.#onEvent({ type: "proxy-header-refused", listener: config, error, proxy }),
    });
  }
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

/** 'close' follows. */
function ignore(): void {}
