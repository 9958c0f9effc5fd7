import type { CutReason } from "../../../trust/happenings/cut-reason.ts";
import type { TrustChanges } from "../../../trust/happenings/trust-changes.ts";
import type { RequestLists } from "../../access/welcome.ts";
import type { ForwardingListener } from "../../config/config.ts";
import type { ServiceContext } from "../../service/service.ts";
import type { Reply } from "../exchange/reply.ts";
import { type CutSocket, cutterOf } from "../replies/cut-socket.ts";
import { type BodySource, RequestBody } from "../exchange/request-body.ts";
import { type AskedBy, type ExchangeLimits, RunningExchange } from "../exchange/running-exchange.ts";
import { type HttpTransports, openHttpTransports } from "../upstream/http-transports.ts";
import { mostOf, RequestJudge, type Vetted } from "./request-judge.ts";
import { RequestTeller } from "./request-teller.ts";
import { UpgradeTransport } from "./upgrades.ts";

/** What a forwarder is made of. */
type ForwarderContext = Pick<
  ServiceContext<ForwardingListener>,
  "config" | "isAllowed" | "mostUpstream" | "happenings" | "cut" | "onDenied"
>;

/** A request beside its head. */
interface FrontMessage {
  readonly method: string;
  /** Undefined when none can come. */
  readonly body?: BodySource | undefined;
  readonly expectsContinue?: boolean;
}

/** A request or an upgraded connection that is not over. */
interface Running extends AskedBy {
  cut(reason: CutReason): void;
}

/** Passes requests on to a listener's upstream, and their answers back. */
export class HttpForwarder {
  /** Whom each request has to come by. */
  readonly judge: RequestJudge;
  readonly teller: RequestTeller;
  readonly cutSocket: CutSocket;
  readonly upgrades: UpgradeTransport;
  /** The upstream does: h2c. */
  readonly speaksHttp2: boolean;
  readonly #running = new Set<Running>();
  readonly #transports: HttpTransports;
  readonly #limits: ExchangeLimits;
  readonly #maxBodyBytes: number;

  /** Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
  constructor({ mostUpstream = Number.POSITIVE_INFINITY, ...context }: ForwarderContext) {
    const { config } = context;
    // Streams of HTTP/2 cost their client no file, but us one each.
    this.judge = new RequestJudge({ ...context, hasRoom: () => this.#running.size < mostUpstream });
    this.teller = new RequestTeller(context);
    this.cutSocket = cutterOf(context);
    this.#transports = openHttpTransports(config);
    const { headTimeoutMs, upgrader } = this.#transports;
    this.#limits = { headTimeoutMs, idleTimeoutMs: config.idleTimeoutMs };
    this.upgrades = new UpgradeTransport(upgrader, this.#limits, this.cutSocket);
    this.#maxBodyBytes = mostOf(config);
    this.speaksHttp2 = config.to.protocol === "h2c";
  }

  /** Closes connections to the upstream that are not in use. */
  close(): void {
    this.#transports.requests.close();
  }

  /** Ends what runs for paths that its clients may not have any more. */
  rejudge(configs?: readonly RequestLists[], changes?: TrustChanges): void {
    if (changes !== undefined) this.judge.trustChanged();
    if (configs !== undefined) this.judge.goBy(configs);
    for (const running of this.#running) {
      if (!this.judge.mayGoOn(running, changes)) running.cut("not-allowed");
    }
  }

  /** Counts among what runs until what it returns is called. */
  runs({ path, client }: Vetted, cut: Running["cut"]): () => void {
    const running = { path, client, cut };
    this.#running.add(running);
    return () => void this.#running.delete(running);
  }

  /** Sends a request on. Returns what to call when its answer is over, or the client gone. */
  send(vetted: Vetted, { method, body, expectsContinue = false }: FrontMessage, reply: Reply): () => void {
    const { path, fields } = vetted;
    const sent = {
      method,
      path,
      fields: fields.list,
      body: body && new RequestBody(body, this.#maxBodyBytes),
      expectsContinue: expectsContinue && body !== undefined,
    };
    const running = new RunningExchange(vetted, reply, this.#transports.requests, sent, this.#limits);
    this.#running.add(running);
    return () => {
      this.#running.delete(running);
      running.clientClosed();
    };
  }
}
