import { Agent, type AgentOptions, type ClientRequest, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import type { TransportOptions } from "./transport-options.ts";
import { connectUpstream, type IsAwaited } from "../../upstream/upstream.ts";
import type { UpstreamSocket } from "../../upstream/upstream-socket.ts";

/** Node's types know no callback without a socket. */
type Connected = (error: Error | null, socket: Duplex) => void;

/** A request's connection while it is made: Node goes on with that when the request is over. */
export interface Attempt {
  giveUp: () => void;
  readonly isAwaited: IsAwaited | undefined;
}

/** Given to `http.request` beside its own options. */
export function newAttempt(isAwaited?: IsAwaited): Attempt {
  return { giveUp: nothing, isAwaited };
}

/** Kept connections to one upstream: closed before the upstream may close them, and before they are too old. */
export class UpstreamAgent extends Agent {
  readonly #options: Pick<TransportOptions, "to" | "connectTimeoutMs" | "connectRetryMs" | "times">;

  constructor(options: TransportOptions, agentOptions: AgentOptions = {}) {
    super({ keepAlive: true, scheduling: "lifo", maxFreeSockets: 256, ...agentOptions });
    this.#options = options;
  }

  override createConnection(
    options: ClientRequestArgs & { attempt?: Attempt },
    connected?: Connected,
  ): undefined {
    const { attempt = newAttempt() } = options;
    const tell = connected as ((error: Error | null | undefined, socket?: Duplex) => void) | undefined;
    const made = (error: Error | undefined, socket: UpstreamSocket | undefined): void => {
      attempt.giveUp = nothing;
      if (socket !== undefined) tell?.(null, socket);
      else tell?.(error);
    };
    const giveUp = connectUpstream(this.#options.to, this.#options, made, {}, attempt.isAwaited);
    const giveUpBoth = (): void => {
      giveUp();
      tell?.(new Error("the request was given up"));
    };
    attempt.giveUp = giveUpBoth;
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

function nothing(): void {}
