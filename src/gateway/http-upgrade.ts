import { createHash, randomBytes } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request as httpRequest, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ServerAddress } from "../client/server-address.ts";
import { UpstreamAgent } from "./http-agent.ts";
import { type Drain, Reply } from "./http-reply.ts";
import { toFailure, type UpstreamFailure, UpstreamTimeout } from "./http-upstream.ts";

/** A connection that was to be upgraded ends with its answer anyway. */
const NO_DRAIN: Drain = { isDraining: false };

/** Where upgraded connections go. */
export interface UpgradeOptions {
  readonly address: ServerAddress;
  readonly connectTimeoutMs: number;
  /** Until the answer begins. */
  readonly headTimeoutMs: number;
  /** Without a byte either way after that; 0 for no limit. */
  readonly idleTimeoutMs: number;
}

/** A request that asks for another protocol, as the upstream is to get it. */
export interface UpgradeRequest {
  readonly path: string;
  /** Names and values in turn, Host first. */
  readonly fields: readonly string[];
  readonly protocol: string;
}

/** What the upstream made of it. */
interface UpgradeListener {
  switched(fields: readonly string[], socket: Duplex, head: Buffer): void;
  /** It answered like any other request. */
  declined(response: IncomingMessage): void;
  failed(failure: UpstreamFailure): void;
}

/** Carries WebSockets and other upgrades (RFC 9110 §7.8) to an upstream that speaks HTTP/1.1. */
export class UpgradeTransport {
  readonly #options: UpgradeOptions;
  readonly #agent: UpstreamAgent;

  constructor(options: UpgradeOptions) {
    this.#options = options;
    // A connection that changes its protocol is no use to others.
    this.#agent = new UpstreamAgent(options.connectTimeoutMs, { keepAlive: false });
  }

  /** From HTTP/1.1. The response tells by its status how it went. */
  fromHttp1(incoming: IncomingMessage, socket: TLSSocket, head: Buffer, upgrade: UpgradeRequest): Reply {
    const response = new ServerResponse(incoming);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    const reply = new Reply(incoming, response, NO_DRAIN);
    const stop = this.#ask(upgrade, {
      switched: (fields, upstream, first) => {
        response.detachSocket(socket);
        reply.status = 101;
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${toLines(fields)}\r\n`, "latin1");
        this.#join(socket, head, upstream, first);
      },
      declined: (answer) => passOn(answer, reply),
      failed: (failure) => reply.failBecause(failure),
    });
    socket.on("close", stop);
    socket.on("error", stop);
    return reply;
  }

  /** From HTTP/2, as an extended CONNECT (RFC 8441 §5), which has neither key nor answer to it. */
  fromHttp2(request: Http2ServerRequest, response: Http2ServerResponse, upgrade: UpgradeRequest): Reply {
    const { stream } = request;
    const reply = new Reply(request, response, NO_DRAIN);
    const key = randomBytes(16).toString("base64");
    const fields = [...without(upgrade.fields, "sec-websocket-key"), "Sec-WebSocket-Key", key];
    const stop = this.#ask(
      { ...upgrade, fields },
      {
        switched: (answer, upstream, first) => {
          if (valueOf(answer, "sec-websocket-accept") !== acceptOf(key)) {
            upstream.destroy();
            reply.failBecause({
              kind: "broken",
              error: new Error("the upstream accepts a key that it was not sent"),
            });
            return;
          }
          reply.head(200, "", without(answer, "sec-websocket-accept"));
          this.#join(stream, Buffer.alloc(0), upstream, first);
        },
        declined: (answer) => passOn(answer, reply),
        failed: (failure) => reply.failBecause(failure),
      },
    );
    stream.on("close", stop);
    stream.on("error", stop);
    return reply;
  }

  /** Both ways, half-closes included; what breaks one side breaks the other. */
  #join(client: TLSSocket | ServerHttp2Stream, clientHead: Buffer, upstream: Duplex, first: Buffer): void {
    client.setTimeout(this.#options.idleTimeoutMs, () => client.destroy());
    if (clientHead.length > 0) upstream.write(clientHead);
    if (first.length > 0) client.write(first);
    pass(client, upstream);
    pass(upstream, client);
  }

  #ask({ path, fields, protocol }: UpgradeRequest, listener: UpgradeListener): () => void {
    const { address, headTimeoutMs } = this.#options;
    const headers = [...fields, "Connection", "Upgrade", "Upgrade", protocol];
    let request: ClientRequest;
    try {
      const { host, port } = address;
      request = httpRequest({ agent: this.#agent, host, port, path, headers });
    } catch (error) {
      listener.failed({ kind: "request", error: toFailure(error).error });
      return () => undefined;
    }
    let isAnswered = false;
    request.setTimeout(headTimeoutMs, () => {
      if (!isAnswered) request.destroy(new UpstreamTimeout("the upstream said nothing for too long"));
    });
    request.on("upgrade", ({ rawHeaders }, socket, head) => {
      isAnswered = true;
      listener.switched(rawHeaders, socket, head);
    });
    request.on("response", (response) => {
      isAnswered = true;
      listener.declined(response);
    });
    request.on("error", (error) => {
      if (!isAnswered) listener.failed(toFailure(error));
      isAnswered = true;
    });
    request.end();
    return () => {
      isAnswered = true;
      request.destroy();
    };
  }
}

/** `pipeline` twice would leave as many listeners as Node warns of. */
function pass(from: Duplex, to: Duplex): void {
  from.on("data", (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (!from.readableEnded) to.destroy();
  });
}

function passOn(answer: IncomingMessage, reply: Reply): void {
  const resume = (): void => void answer.resume();
  try {
    reply.head(answer.statusCode ?? 502, answer.statusMessage ?? "", answer.rawHeaders);
  } catch {
    answer.destroy();
    reply.fail(502);
    return;
  }
  answer.on("data", (chunk: Buffer) => {
    if (!reply.data(chunk, resume)) answer.pause();
  });
  answer.on("end", () => reply.end(answer.rawTrailers));
  answer.on("error", () => reply.cut());
}

/** As they came from a parser that takes no CR and LF in them. */
function toLines(fields: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < fields.length; at += 2) lines += `${fields[at] ?? ""}: ${fields[at + 1] ?? ""}\r\n`;
  return lines;
}

function without(fields: readonly string[], name: string): string[] {
  return fields.filter((_, at) => fields[at - (at % 2)]?.toLowerCase() !== name);
}

function valueOf(fields: readonly string[], name: string): string | undefined {
  return fields.find((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name);
}

/** RFC 6455 §4.2.2 */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
