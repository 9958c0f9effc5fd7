import { Agent, type AgentOptions, type ClientRequest } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { UpstreamTimeout } from "./http-upstream.ts";

const IDLE_MS = 4000;

/** Kept connections to one upstream: made within a time, and closed before the upstream may close them. */
export class UpstreamAgent extends Agent {
  readonly #connectTimeoutMs: number;

  constructor(connectTimeoutMs: number, options: AgentOptions = {}) {
    super({ keepAlive: true, scheduling: "lifo", maxFreeSockets: 256, ...options });
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  override createConnection(options: NetConnectOpts): Socket {
    const socket = connect(options);
    const timer = setTimeout(() => {
      socket.destroy(new UpstreamTimeout(`no connection within ${this.#connectTimeoutMs} ms`));
    }, this.#connectTimeoutMs);
    const stop = (): void => clearTimeout(timer);
    socket.once("connect", stop);
    socket.once("close", stop);
    return socket;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const keeps: unknown = super.keepSocketAlive(socket);
    // The agent destroys a free socket that times out.
    (socket as Socket).setTimeout(IDLE_MS);
    return keeps !== false;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    (socket as Socket).setTimeout(0);
    super.reuseSocket(socket, request);
  }
}
