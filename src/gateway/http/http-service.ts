import type { Http2SecureServer } from "node:http2";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { ReceivePending } from "../../guard/refusal/waiting-room.ts";
import type { TrustChanges } from "../../trust/happenings/trust-changes.ts";
import type { RequestLists } from "../access/welcome.ts";
import type { ForwardingListener } from "../config/config.ts";
import type { Service, ServiceContext } from "../service/service.ts";
import { createFrontServer, KEEP_ALIVE_MS } from "./front/front-server.ts";
import { HttpForwarder } from "./forwarding/forwarder.ts";
import { Http1Front } from "./front/http1-front.ts";
import { Http2Front } from "./front/http2-front.ts";
import { Http2Sessions } from "./front/http2-sessions.ts";
import { createPendingPage } from "./front/pending-page.ts";

/** HTTP/1.1 and HTTP/2 in front, HTTP/1.1 or h2c behind. Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
export function createHttpService(context: ServiceContext<ForwardingListener>): Service {
  return new HttpService(context);
}

class HttpService implements Service {
  readonly server: Http2SecureServer;
  readonly receivePending?: ReceivePending;
  readonly #forwarder: HttpForwarder;
  readonly #http1: Http1Front;
  readonly #sessions = new Http2Sessions(KEEP_ALIVE_MS);

  constructor(context: ServiceContext<ForwardingListener>) {
    this.server = createFrontServer(context.tls);
    this.#forwarder = new HttpForwarder(context);
    this.#http1 = new Http1Front(this.#forwarder);
    this.#sessions.attach(this.server);
    this.#http1.attach(this.server);
    new Http2Front(this.#forwarder, this.#sessions).attach(this.server);
    if (context.config.onPending === "page") this.receivePending = createPendingPage(context.lookedAt);
  }

  rejudge(configs?: readonly RequestLists[], changes?: TrustChanges): void {
    this.#forwarder.rejudge(configs, changes);
  }

  drain(): void {
    this.#sessions.drain();
    this.#http1.drain(this.server);
  }

  expire({ socket }: GuardedConnection): boolean {
    return this.#sessions.expire(socket) || this.#http1.expire(socket);
  }

  close(): void {
    this.server.close();
    this.#forwarder.close();
  }
}
