import { type IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import {
  constants,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { TrustChanges } from "../../trust/trust-change.ts";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { GuardedConnection } from "../../guard/guarded-connection.ts";
import type { Peer } from "../../guard/peer.ts";
import { connectionOf } from "../../guard/peer-of.ts";
import { type IpNetwork, parseIpNetwork } from "../../trust/ip-network.ts";
import type { PathRule } from "../config/config.ts";
import { type FrontRequest, type FrontResponse, isUpgrade, MOST_FIELDS } from "./front.ts";
import { endRaw } from "./end-raw.ts";
import { PathRules } from "./path-rules.ts";
import { PeerFields } from "./peer-fields.ts";
import { type Drain, Reply } from "./reply.ts";
import { RunningExchange } from "./running-exchange.ts";
import { type RequestFields, toRequestFields } from "./request-fields.ts";
import { isHttp2, readTarget, ServerNames } from "./request-target.ts";
import type { ProxyContext } from "../proxy.ts";
import { Turns } from "./turns.ts";
import { type HttpTransports, openHttpTransports } from "./http-transports.ts";
import { RequestBody } from "./request-body.ts";
import { isOfUpstream } from "./http-upstream.ts";
import { isOfProtocol, statusOfMalformed } from "./malformed-request.ts";

/** What a forwarder is made of. */
export type ForwarderContext = Pick<ProxyContext, "config" | "isAllowed" | "mostUpstream" | "onEvent">;

/** What a request comes to before the upstream hears of it. */
interface Vetted {
  readonly path: string;
  readonly peer: Peer | undefined;
  readonly fields: RequestFields;
}

/** A request or an upgraded connection that is not over. */
interface Running {
  readonly path: string;
  readonly peer: Peer | undefined;
  readonly cut: () => void;
}

/** Passes requests on to a listener's upstream, and their answers back. */
export class HttpForwarder implements Drain {
  isDraining = false;
  readonly #context: ForwarderContext;
  readonly #names: ServerNames;
  #paths: PathRules;
  readonly #running = new Set<Running>();
  readonly #proxies: readonly IpNetwork[];
  readonly #transports: HttpTransports;
  readonly #told = new WeakMap<GuardedConnection, PeerFields>();
  readonly #turns = new Turns();

  /** Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
  constructor(context: ForwarderContext) {
    this.#context = context;
    const { config } = context;
    this.#names = new ServerNames(config.serverNames);
    this.#paths = new PathRules(config.paths);
    this.#proxies = config.acceptProxy.flatMap((network) => parseIpNetwork(network) ?? []);
    this.#transports = openHttpTransports(config);
  }

  /** Answers all requests of a server. What did not come through its guard is refused. */
  attach(server: Http2SecureServer): void {
    server.on("request", (request, response) => {
      this.#inTurn(response, () => this.#serve(request, response, false));
    });
    server.on("checkContinue", (request, response) => {
      this.#inTurn(response, () => this.#serve(request, response, true));
    });
    server.on("checkExpectation", (request: FrontRequest, response: FrontResponse) => {
      this.#inTurn(response, () => this.#decline(request, response, 417));
    });
    server.on("clientError", (error: Error, socket: TLSSocket) => this.#endMalformed(error, socket));
    server.on("sessionError", (error, session) => {
      if (isOfProtocol(error)) this.#reportMalformed(error, connectionOf(session), undefined);
    });
    server.on("upgrade", (request: IncomingMessage, socket: TLSSocket, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    server.on("connect", (request: FrontRequest, second: Duplex | Http2ServerResponse) => {
      if (isHttp2(request)) this.#connect(request, second as Http2ServerResponse);
      else if (this.#turns.answering(second as Duplex) === undefined) refuseRaw(second as Duplex, 405);
      else (second as Duplex).destroy();
    });
  }

  /** Closes connections to the upstream that are not in use. */
  close(): void {
    this.#transports.requests.close();
  }

  /** Ends a connection of HTTP/1.1 with the answer that is under way; what it was upgraded to ends at once. */
  expire(socket: TLSSocket): void {
    this.#turns.end(socket);
  }

  /** Ends what runs for paths that its peers may not have any more. */
  rejudge(paths?: readonly PathRule[], changes?: TrustChanges): void {
    if (paths !== undefined) this.#paths = new PathRules(paths);
    if (this.#paths.isEmpty) return;
    for (const running of this.#running) if (!this.#mayGoOn(running, changes)) running.cut();
  }

  /** A group that its peer left lets nothing go on, though the peer is in it again by now. */
  #mayGoOn({ path, peer }: Running, changes: TrustChanges | undefined): boolean {
    const judged = this.#paths.judge(path);
    const left = peer && changes?.get(peer.pin)?.leftGroups;
    try {
      return judged !== undefined && this.#isAllowed(peer, judged.rules, left);
    } catch {
      return false;
    }
  }

  #isAllowed(peer: Peer | undefined, rules: readonly PathRule[], without?: readonly string[]): boolean {
    return rules.every(({ allow }) => peer !== undefined && this.#context.isAllowed(peer, allow, without));
  }

  /** Returns what to call when it is over. */
  #runs(running: Running): () => void {
    this.#running.add(running);
    return () => void this.#running.delete(running);
  }

  #decline(request: FrontRequest, response: FrontResponse, status: number): void {
    const reply = new Reply(request, response, this);
    response.on("close", this.#reporter(request, reply));
    reply.fail(status);
  }

  /** In place of what Node does by itself, which nobody hears of. */
  #endMalformed(error: Error, socket: TLSSocket): void {
    const answering = this.#turns.answering(socket);
    const status = statusOfMalformed(error);
    if (status !== undefined) this.#reportMalformed(error, connectionOf(socket), status);
    // Behind a request that is all there it is another one's, and its answer would be taken for the first one's.
    const isOther = answering !== undefined && (answering.headersSent || answering.req.complete);
    if (status === undefined || isOther) {
      socket.destroy();
    } else {
      refuseRaw(socket, status);
      socket.destroySoon();
    }
  }

  #reportMalformed(
    error: Error,
    connection: GuardedConnection | undefined,
    status: number | undefined,
  ): void {
    const { config: listener, onEvent } = this.#context;
    onEvent({ type: "malformed-request", listener, connection, status, error });
  }

  /** Streams of HTTP/2 do not wait for each other. */
  #inTurn(response: FrontResponse, serve: () => void): void {
    if (response instanceof ServerResponse) this.#turns.take(response, serve);
    else serve();
  }

  #serve(request: FrontRequest, response: FrontResponse, expectsContinue: boolean): void {
    const reply = new Reply(request, response, this);
    response.on("error", () => undefined);
    response.on("close", this.#reporter(request, reply));
    const vetted = this.#vet(request);
    if (typeof vetted === "number") {
      reply.fail(vetted);
      return;
    }
    const { path, peer, fields } = vetted;
    response.on("close", this.#runs({ path, peer, cut: () => reply.cut() }));
    const { contentLength: length, announcesTrailers } = fields;
    const isWhole = (): boolean => !isHttp2(request) || !request.stream.aborted;
    const body = hasBody(request, length)
      ? new RequestBody({ stream: request, length, announcesTrailers, isWhole })
      : undefined;
    const sent = {
      method: request.method ?? "GET",
      path,
      fields: fields.list,
      body,
      expectsContinue: expectsContinue && body !== undefined,
    };
    const { requests, headTimeoutMs } = this.#transports;
    const { idleTimeoutMs } = this.#context.config;
    const running = new RunningExchange(reply, requests, sent, { headTimeoutMs, idleTimeoutMs });
    response.on("close", () => running.clientClosed());
  }

  #upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): void {
    // Node gives up the connection with what it owes to it; nobody asks for a protocol before that is answered.
    if (this.#turns.answering(socket) !== undefined) return void socket.destroy();
    const vetted = isUpgrade(request) ? this.#vet(request) : 400;
    const protocol = request.headers.upgrade ?? "";
    if (typeof vetted === "number") {
      refuseRaw(socket, vetted);
      this.#reporter(request, { status: vetted, failure: undefined })();
      return;
    }
    const { path, peer, fields } = vetted;
    socket.on("close", this.#runs({ path, peer, cut: () => void socket.destroy() }));
    const reply = this.#transports.upgrades.fromHttp1(request, socket, head, {
      path,
      fields: fields.list,
      protocol,
    });
    socket.on("close", this.#reporter(request, reply));
  }

  /** RFC 8441; without a protocol it is a tunnel to anywhere, which this is not for. */
  #connect(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const protocol = request.headers[":protocol"];
    const vetted = protocol === undefined ? 405 : this.#vet(request);
    if (typeof vetted === "number" || protocol !== "websocket") {
      const reply = new Reply(request, response, this);
      request.stream.on("close", this.#reporter(request, reply));
      reply.fail(typeof vetted === "number" ? vetted : 501);
      return;
    }
    const { path, peer, fields } = vetted;
    const { stream } = request;
    stream.on("close", this.#runs({ path, peer, cut: () => stream.close(constants.NGHTTP2_CANCEL) }));
    const reply = this.#transports.upgrades.fromHttp2(request, response, {
      path,
      fields: fields.list,
      protocol,
    });
    request.stream.on("close", this.#reporter(request, reply));
  }

  /** Whether the request may go on, and as what; else the status that refuses it. */
  #vet(request: FrontRequest): Vetted | number {
    try {
      return this.#judge(request);
    } catch {
      // Groups are in the trust store, which may be out of reach.
      return 500;
    }
  }

  #judge(request: FrontRequest): Vetted | number {
    const connection = connectionOf(request);
    if (connection === undefined) return 500;
    // Its answer would show whoever asks what we tell the upstream.
    if (request.method === "TRACE") return 405;
    if (request.rawHeaders.length > 2 * MOST_FIELDS) return 431;
    const target = readTarget(request, this.#names);
    if (typeof target === "number") return target;
    const judged = this.#paths.judge(target.path);
    if (judged === undefined) return 400;
    const { peer } = connection;
    if (!this.#isAllowed(peer, judged.rules)) return 403;
    // Streams of HTTP/2 cost their client no file, but us one each.
    if (this.#running.size >= (this.#context.mostUpstream ?? Number.POSITIVE_INFINITY)) return 503;
    const fields = toRequestFields(request.rawHeaders, target.host, this.#tell(connection));
    return { path: judged.path, peer, fields };
  }

  #tell(connection: GuardedConnection): PeerFields {
    const told = this.#told.get(connection);
    if (told !== undefined) return told;
    const made = new PeerFields(connection, this.#proxies);
    this.#told.set(connection, made);
    return made;
  }

  /** What tells, when it is over, what became of a request that begins now. */
  #reporter(request: FrontRequest, reply: Pick<Reply, "status" | "failure">): () => void {
    const { config: listener, onEvent } = this.#context;
    const began = performance.now();
    // A stream of HTTP/2 forgets its session when it closes.
    const connection = connectionOf(request);
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
      const { method = "", url: target = "" } = request;
      const durationMs = performance.now() - began;
      onEvent({ type: "exchanged", listener, connection, method, target, status, durationMs });
    };
  }
}

function hasBody(request: FrontRequest, length: number | undefined): boolean {
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  return (length !== undefined && length > 0) || request.headers["transfer-encoding"] !== undefined;
}

/** A connection that wants to be something else has no response to write. */
function refuseRaw(socket: Duplex, status: number): void {
  endRaw(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
