import { Agent, type AgentOptions, type ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { TransportOptions } from "./http-upstream.ts";
import { connectUpstream } from "../upstream.ts";
import type { UpstreamSocket } from "../upstream-socket.ts";

/** Node's types know no callback without a socket. */
type Connected = (error: Error | null, socket: Duplex) => void;

/** Kept connections to one upstream: closed before the upstream may close them, and before they are too old. */
export class UpstreamAgent extends Agent {
  readonly #options: Pick<TransportOptions, "to" | "connectTimeoutMs" | "connectRetryMs" | "times">;

  constructor(options: TransportOptions, agentOptions: AgentOptions = {}) {
    super({ keepAlive: true, scheduling: "lifo", maxFreeSockets: 256, ...agentOptions });
    this.#options = options;
  }

  override createConnection(_: unknown, connected?: Connected): undefined {
    connectUpstream(this.#options.to, this.#options, (error, socket) => {
      if (socket !== undefined) connected?.(null, socket);
      else (connected as ((error: Error | undefined) => void) | undefined)?.(error);
    });
  }

  /** Not Node's: what an upstream says of itself would lengthen the time, and what TCP does is settled. */
  override keepSocketAlive(socket: Duplex): boolean {
    const { idleMs, mostAgeMs } = this.#options.times;
    const kept = socket as UpstreamSocket;
    if (performance.now() - kept.openedAt > mostAgeMs) return false;
    // The agent destroys a free socket that times out.
    kept.setTimeout(idleMs);
    kept.unref();
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    (socket as UpstreamSocket).setTimeout(0);
    super.reuseSocket(socket, request);
  }
}
