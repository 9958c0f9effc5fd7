import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Http2SecureServer } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { connectionOf } from "../../../guard/connection/peer-of.ts";
import { endRaw } from "../replies/end-raw.ts";
import type { HttpForwarder } from "../forwarding/forwarder.ts";
import { isUpgrade } from "./is-upgrade.ts";
import type { Reply } from "../exchange/reply.ts";
import { Http1Reply } from "../replies/http1-reply.ts";
import { statusOfMalformed } from "./malformed-request.ts";
import { FieldList } from "../fields/field-list.ts";
import type { RequestHead } from "../fields/request-target.ts";
import { GRACE_MS, Turns } from "./turns.ts";

/** Takes requests of HTTP/1.1, those that ask for another protocol, and what is none. */
export class Http1Front {
  readonly #forwarder: HttpForwarder;
  readonly #turns = new Turns();
  /** How what was to be upgraded is answered, by its socket. */
  readonly #upgrades = new WeakMap<Duplex, Pick<Reply, "status">>();

  constructor(forwarder: HttpForwarder) {
    this.#forwarder = forwarder;
  }

  /** Answers all requests of a server. What did not come through its guard is refused. */
  attach(server: Http2SecureServer): void {
    server.on("secureConnection", (socket) => {
      // Closed with something unread, a connection is reset, and its last answer may be lost with it. RFC 9112 §9.6.
      const destroySoon = (): void => endRaw(socket);
      if (socket.alpnProtocol !== "h2") socket.destroySoon = destroySoon;
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#inTurn(response, () => this.#serve(request, response, false));
    });
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      this.#inTurn(response, () => this.#serve(request, response, true));
    });
    server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      this.#inTurn(response, () => this.#decline(request, response, 417));
    });
    server.on("clientError", (error: Error, socket: TLSSocket) => this.#endMalformed(error, socket));
    server.on("upgrade", (request: IncomingMessage, client: Duplex, head: Buffer) =>
      this.#upgrade(request, client, head),
    );
    server.on("connect", (request: IncomingMessage, socket: Duplex) => {
      if (this.#isBusy(socket)) this.#endDetached(socket);
      else this.#refuse(request, socket, 405);
    });
    // The types know it of `http.Server` only. Whoever asks behind another request is answered as if it did not.
    Object.assign(server, {
      shouldUpgradeCallback: (request: IncomingMessage) =>
        isUpgrade(request) && !this.#isBusy(request.socket),
    });
  }

  /** Ends a connection with its next answer; says no for one that was upgraded, which has no other. */
  expire(socket: TLSSocket): boolean {
    const upgrade = this.#upgrades.get(socket);
    if (upgrade?.status === 101) return false;
    // Until then it is a request, whose answer is the last one.
    if (upgrade === undefined) this.#turns.end(socket);
    return true;
  }

  /** The same for all connections of a server, and for those that come. */
  drain(server: Http2SecureServer): void {
    this.#turns.drain();
    // The types know it of `http.Server` only.
    if (!("closeIdleConnections" in server) || typeof server.closeIdleConnections !== "function") return;
    setTimeout(server.closeIdleConnections.bind(server), GRACE_MS).unref();
  }

  #isBusy(socket: Duplex): boolean {
    return this.#turns.answering(socket) !== undefined || this.#turns.isDeaf(socket);
  }

  #inTurn(response: ServerResponse, serve: () => void): void {
    const { headers, socket } = response.req;
    this.#turns.take(response, serve);
    // Node's parser throws away what came in one piece with a request for a protocol that it does not get, and would go
    // on in the middle of what comes next.
    if (headers.upgrade !== undefined) this.#turns.endAfterAll(socket);
  }

  /** In place of what Node does by itself, which nobody hears of. */
  #endMalformed(error: Error, socket: TLSSocket): void {
    const status = statusOfMalformed(error);
    if (status === undefined) return void socket.destroy();
    if (this.#turns.isDeaf(socket)) return;
    if (status !== 501) this.#forwarder.teller.malformed(error, connectionOf(socket), status);
    const answering = this.#turns.answering(socket);
    // Behind a request that is all there it is another one's, and its answer would be taken for the first one's.
    if (answering?.req.complete === true) this.#turns.endAfterAll(socket);
    else if (answering?.headersSent === true) socket.destroy();
    else refuseRaw(socket, status);
  }

  #decline(request: IncomingMessage, response: ServerResponse, status: number): void {
    const reply = new Http1Reply(response, this.#turns, this.#forwarder.cutSocket);
    response.on("error", ignore);
    response.on("close", this.#forwarder.teller.begin(headOf(request), reply));
    reply.fail(status);
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const reply = new Http1Reply(response, this.#turns, this.#forwarder.cutSocket);
    const head = headOf(request);
    const tell = this.#forwarder.teller.begin(head, reply);
    let over: (() => void) | undefined;
    response.on("error", ignore);
    response.on("close", () => {
      tell();
      over?.();
    });
    const vetted = isCoded(request) ? 501 : this.#forwarder.judge.vet(head);
    if (typeof vetted === "number") {
      reply.fail(vetted);
      return;
    }
    const { contentLength: length, announcesTrailers } = vetted.fields;
    const body = hasBody(request, length)
      ? { stream: request, length, announcesTrailers, isWhole: () => true }
      : undefined;
    over = this.#forwarder.send(vetted, { method: head.method, body, expectsContinue }, reply);
  }

  /** `client` is the connection, or what will be read from it behind the request's body. */
  #upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
    if (this.#isBusy(request.socket)) return this.#endDetached(request.socket);
    const vetted = isUpgrade(request) ? this.#forwarder.judge.vet(headOf(request)) : 400;
    if (typeof vetted === "number") return this.#refuse(request, client, vetted);
    const { path, fields } = vetted;
    const { method = "GET" } = request;
    const protocol = request.headers.upgrade ?? "";
    client.on(
      "close",
      this.#forwarder.runs(vetted, (reason) => {
        this.#forwarder.cutSocket(request.socket, reason);
        client.destroy();
      }),
    );
    const upgrade = { method, path, fields: fields.list, protocol, length: fields.contentLength ?? 0 };
    const reply = this.#forwarder.upgrades.fromHttp1(request, client, head, upgrade);
    this.#upgrades.set(request.socket, reply);
    client.on("close", this.#forwarder.teller.begin(headOf(request), reply));
  }

  #refuse(request: IncomingMessage, socket: Duplex, status: number): void {
    refuseRaw(socket, status);
    this.#forwarder.teller.begin(headOf(request), { status, failure: undefined })();
  }

  /** Node gave the connection up, with what it owes to it: that is answered, and nothing more is read. */
  #endDetached(socket: Duplex): void {
    socket.on("error", ignore);
    socket.on("drain", () => this.#turns.answering(socket)?.emit("drain"));
    socket.resume();
    this.#turns.endAfterAll(socket);
  }
}

function headOf(request: IncomingMessage): RequestHead {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    // A line can say 2.0, which is not what this is.
    version: request.httpVersionMajor === 1 ? request.httpVersion : "",
    fields: new FieldList(request.rawHeaders),
    pseudo: undefined,
    connection: connectionOf(request.socket),
  };
}

/**
 * RFC 9112 §6.1: a coding is for one hop, and it would stay in a body that goes on as `chunked` alone. Of codings that
 * do not end with that the parser says that it cannot read them.
 */
function isCoded({ headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  return coding !== undefined && /,[ \t]*chunked$/i.test(coding);
}

function hasBody(request: IncomingMessage, length: number | undefined): boolean {
  return (length !== undefined && length > 0) || request.headers["transfer-encoding"] !== undefined;
}

/** A connection that wants to be something else has no response to write. */
function refuseRaw(socket: Duplex, status: number): void {
  endRaw(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** 'close' follows. */
function ignore(): void {}
