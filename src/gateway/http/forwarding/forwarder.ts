import type { TrustChanges } from "../../../trust/happenings/trust-changes.ts";
import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";
import type { Peer } from "../../../guard/connection/peer.ts";
import { type IpNetwork, parseIpNetwork } from "../../../trust/network/ip-network.ts";
import type { ForwardingListener, PathRule } from "../../config/config.ts";
import { deniedWords } from "./denied-words.ts";
import { MOST_FIELDS } from "../front/front.ts";
import { PathRules } from "../../config/path-rules.ts";
import { PeerFields } from "../fields/peer-fields.ts";
import type { Reply } from "../exchange/reply.ts";
import { type AskedBy, type ExchangeLimits, RunningExchange } from "../exchange/running-exchange.ts";
import { type RequestFields, toRequestFields } from "../fields/request-fields.ts";
import { readTarget, type RequestHead } from "../fields/request-target.ts";
import { ServerNames } from "../../config/server-names.ts";
import type { ServiceContext } from "../../service/service.ts";
import type { UpgradeTransport } from "./upgrades.ts";
import { type HttpTransports, openHttpTransports } from "../upstream/http-transports.ts";
import { type BodySource, RequestBody } from "../exchange/request-body.ts";
import { isOfUpstream } from "../exchange/http-upstream.ts";

const VERSIONS: ReadonlySet<string> = new Set(["1.0", "1.1", "2.0"]);

/** What a forwarder is made of. */
export type ForwarderContext = Pick<
  ServiceContext<ForwardingListener>,
  "config" | "isAllowed" | "mostUpstream" | "onEvent" | "onDenied"
>;

/** What a request comes to before the upstream hears of it. */
export interface Vetted extends AskedBy {
  readonly fields: RequestFields;
}

/** A request beside its head. */
export interface FrontMessage {
  readonly method: string;
  /** Undefined when none can come. */
  readonly body?: BodySource | undefined;
  readonly expectsContinue?: boolean;
}

/** A request or an upgraded connection that is not over. */
interface Running extends AskedBy {
  cut(): void;
}

/** Passes requests on to a listener's upstream, and their answers back. */
export class HttpForwarder {
  /** The upstream does: h2c. */
  readonly speaksHttp2: boolean;
  readonly #context: ForwarderContext;
  readonly #names: ServerNames;
  #paths: PathRules;
  readonly #running = new Set<Running>();
  readonly #proxies: readonly IpNetwork[];
  readonly #transports: HttpTransports;
  readonly #limits: ExchangeLimits;
  readonly #told = new WeakMap<GuardedConnection, PeerFields>();

  /** Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
  constructor(context: ForwarderContext) {
    this.#context = context;
    const { config } = context;
    this.#names = new ServerNames(config.serverNames);
    this.#paths = new PathRules(config.paths);
    this.#proxies = config.acceptProxy.flatMap((network) => parseIpNetwork(network) ?? []);
    this.#transports = openHttpTransports(config);
    this.#limits = {
      headTimeoutMs: this.#transports.headTimeoutMs,
      idleTimeoutMs: config.idleTimeoutMs,
    };
    this.speaksHttp2 = config.to.kind === "http" && config.to.protocol === "h2c";
  }

  get upgrades(): UpgradeTransport {
    return this.#transports.upgrades;
  }

  /** Closes connections to the upstream that are not in use. */
  close(): void {
    this.#transports.requests.close();
  }

  /** Ends what runs for paths that its peers may not have any more. */
  rejudge(paths?: readonly PathRule[], changes?: TrustChanges): void {
    if (paths !== undefined) this.#paths = new PathRules(paths);
    if (this.#paths.isEmpty) return;
    for (const running of this.#running) if (!this.#mayGoOn(running, changes)) running.cut();
  }

  /** A group that its peer left lets nothing go on, though the peer is in it again by now. */
  #mayGoOn({ path, peer }: Running, changes: TrustChanges | undefined): boolean {
    const rules = this.#paths.judge(path);
    const left = peer && changes?.get(peer.pin)?.leftGroups;
    try {
      return rules !== undefined && this.#denying(peer, rules, left) === undefined;
    } catch {
      return false;
    }
  }

  /** The first of the rules that does not allow a peer; all have to. */
  #denying(
    peer: Peer | undefined,
    rules: readonly PathRule[],
    without?: readonly string[],
  ): PathRule | undefined {
    const { isAllowed } = this.#context;
    return rules.find(({ allow }) => peer === undefined || !isAllowed(peer, allow, without));
  }

  /** Counts among what runs until what it returns is called. */
  runs({ path, peer }: Vetted, cut: () => void): () => void {
    const running = { path, peer, cut };
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
      body: body && new RequestBody(body),
      expectsContinue: expectsContinue && body !== undefined,
    };
    const running = new RunningExchange(vetted, reply, this.#transports.requests, sent, this.#limits);
    this.#running.add(running);
    return () => {
      this.#running.delete(running);
      running.clientClosed();
    };
  }

  tellMalformed(error: Error, connection: GuardedConnection | undefined, status: number | undefined): void {
    const { config: listener, onEvent } = this.#context;
    onEvent({ type: "malformed-request", listener, connection, status, error });
  }

  /** Whether the request may go on, and as what; else the status that refuses it. */
  vet(head: RequestHead): Vetted | number {
    try {
      return this.#judge(head);
    } catch {
      // Groups are in the trust store, which may be out of reach.
      return 500;
    }
  }

  #judge(head: RequestHead): Vetted | number {
    const { connection, method, fields: raw } = head;
    if (connection === undefined) return 500;
    // Its answer would show whoever asks what we tell the upstream.
    if (method === "TRACE") return 405;
    if (!VERSIONS.has(head.version)) return 505;
    // Node takes it for ICE/1.0, too, which is no HTTP.
    if (method === "SOURCE") return 501;
    if (raw.length > 2 * MOST_FIELDS) return 431;
    const target = readTarget(head, this.#names);
    if (typeof target === "number") return target;
    const rules = this.#paths.judge(target.path);
    if (rules === undefined) return 400;
    const { peer } = connection;
    const denying = this.#denying(peer, rules);
    if (denying !== undefined) {
      this.#context.onDenied(connection, deniedWords(denying, method, target.path));
      return 403;
    }
    // Streams of HTTP/2 cost their client no file, but us one each.
    if (this.#running.size >= (this.#context.mostUpstream ?? Number.POSITIVE_INFINITY)) return 503;
    const fields = toRequestFields(raw, target.host, this.#tell(connection));
    // It could not be said again as it was.
    if (fields.contentLength !== undefined && !Number.isSafeInteger(fields.contentLength)) return 413;
    return { path: target.path, peer, fields };
  }

  #tell(connection: GuardedConnection): PeerFields {
    const told = this.#told.get(connection);
    if (told !== undefined) return told;
    const made = new PeerFields(connection, this.#proxies);
    this.#told.set(connection, made);
    return made;
  }

  /** What tells, when it is over, what became of a request that begins now. */
  reporter(
    { method, target, connection }: RequestHead,
    reply: Pick<Reply, "status" | "failure">,
  ): () => void {
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
