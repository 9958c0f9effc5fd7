import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import type { ServiceContext } from "../../service/service.ts";
import type { ForwardingListener } from "../../config/config.ts";
import { isOfUpstream } from "../exchange/http-upstream.ts";
import type { Reply } from "../exchange/reply.ts";
import type { RequestHead } from "../fields/request-target.ts";

/** Tells what becomes of a listener's requests. */
export class RequestTeller {
  readonly #context: Pick<ServiceContext<ForwardingListener>, "config" | "onEvent">;

  constructor(context: Pick<ServiceContext<ForwardingListener>, "config" | "onEvent">) {
    this.#context = context;
  }

  malformed(error: Error, connection: GuardedConnection | undefined, status: number | undefined): void {
    const { config: listener, onEvent } = this.#context;
    onEvent({ type: "malformed-request", listener, connection, status, error });
  }

  /** What tells, when it is over, what became of a request that begins now. */
  begin({ method, target, connection }: RequestHead, reply: Pick<Reply, "status" | "failure">): () => void {
    const { config: listener, onEvent } = this.#context;
    const began = performance.now();
    return () => {
      const { status, failure } = reply;
      if (failure !== undefined && isOfUpstream(failure)) {
        onEvent({
          type: "upstream-failed",
          listener,
          connection,
          problem: failure.kind,
          error: failure.error,
        });
      }
      const durationMs = performance.now() - began;
      onEvent({ type: "exchanged", listener, connection, method, target, status, durationMs });
    };
  }
}
