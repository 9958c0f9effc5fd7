import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import { ofConnection } from "../../service/of-connection.ts";
import type { ServiceContext } from "../../service/service.ts";
import type { ForwardingListener } from "../../config/config.ts";
import { isOfUpstream } from "../exchange/http-upstream.ts";
import type { Reply } from "../exchange/reply.ts";
import type { RequestHead } from "../fields/request-target.ts";

/** Tells what becomes of a listener's requests. */
export class RequestTeller {
  readonly #context: Pick<ServiceContext<ForwardingListener>, "config" | "happenings">;

  constructor(context: Pick<ServiceContext<ForwardingListener>, "config" | "happenings">) {
    this.#context = context;
  }

  malformed(error: Error, connection: GuardedConnection | undefined, status: number | undefined): void {
    const { config, happenings } = this.#context;
    if (!happenings.hears("malformed-request")) return;
    happenings.tell({ type: "malformed-request", ...ofConnection(config, connection), status, error });
  }

  /** What tells, when it is over, what became of a request that begins now. */
  begin({ method, target, connection }: RequestHead, reply: Pick<Reply, "status" | "failure">): () => void {
    const { config, happenings } = this.#context;
    const began = performance.now();
    return () => {
      const { status, failure } = reply;
      if (failure !== undefined && isOfUpstream(failure) && happenings.hears("upstream-failed")) {
        const { kind, error } = failure;
        const about = ofConnection(config, connection);
        happenings.tell({ type: "upstream-failed", ...about, failure: kind, error });
      }
      if (!happenings.hears("exchanged")) return;
      const durationMs = performance.now() - began;
      const about = ofConnection(config, connection);
      happenings.tell({ type: "exchanged", ...about, method, target, status, durationMs });
    };
  }
}
