import { randomBytes } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { breakOff } from "../replies/break-off.ts";
import type { CutSocket } from "../replies/cut-socket.ts";
import { endRaw } from "../replies/end-raw.ts";
import { Http1Reply } from "../replies/http1-reply.ts";
import type { Http2Reply } from "../replies/http2-reply.ts";
import type { LastAnswers, Reply } from "../exchange/reply.ts";
import { failureOfBody, failureOfLateBody, mayRepeat, toFailure } from "../exchange/http-upstream.ts";
import {
  acceptOf,
  type DeclinedUpgrade,
  type UpgradeListener,
  type Upgrader,
  type UpgradeRequest,
} from "../exchange/upgrade.ts";
import { FieldList } from "../fields/field-list.ts";
import { RequestBody } from "../exchange/request-body.ts";
import { leave, passOnEnd } from "../../tcp/relay-bytes.ts";
import { type ExchangeLimits, MOST_REPEATS } from "../exchange/running-exchange.ts";

/** A connection that was to be upgraded ends with its answer anyway. */
const NOTHING = Buffer.alloc(0);
const EACH: LastAnswers = { isLast: () => true };

/** A request that asks for another protocol, before its body has come. */
interface UpgradeHead extends Omit<UpgradeRequest, "body" | "isAwaited"> {
  readonly length: number;
}

/** Carries WebSockets and other upgrades (RFC 9110 §7.8) between clients and an upstream. */
export class UpgradeTransport {
  readonly #upgrader: Upgrader;
  readonly #limits: ExchangeLimits;
  readonly #cutSocket: CutSocket;

  constructor(upgrader: Upgrader, limits: ExchangeLimits, cutSocket: CutSocket) {
    this.#upgrader = upgrader;
    this.#limits = limits;
    this.#cutSocket = cutSocket;
  }

  /**
   * From HTTP/1.1. `client` is the connection, or what will be read from it behind the request's body. The response tells
   * by its status how it went.
   */
  fromHttp1(incoming: IncomingMessage, client: Duplex, head: Buffer, upgrade: UpgradeHead): Reply {
    const { socket } = incoming;
    const response = new ServerResponse(incoming);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on("finish", () => endRaw(client));
    const reply = new Http1Reply(response, EACH, this.#cutSocket);
    let stop: (() => void) | undefined;
    client.on("close", () => stop?.());
    client.on("error", () => stop?.());
    const begin = (body: Uint8Array): void => {
      const unwatch = watchEnd(client);
      stop = this.#ask(
        { ...upgrade, body, isAwaited: () => !client.readableEnded },
        {
          switched: (fields, upstream, first) => {
            unwatch();
            response.detachSocket(socket);
            reply.status = 101;
            socket.write(`HTTP/1.1 101 Switching Protocols\r\n${toLines(fields)}\r\n`, "latin1");
            socket.setTimeout(this.#limits.idleTimeoutMs, () => {
              this.#cutSocket(socket, "idle");
              client.destroy();
            });
            this.#join(client, head, upstream, first);
          },
          declined: (answer) => {
            unwatch();
            passOn(answer, reply);
          },
          failed: (failure) => {
            unwatch();
            reply.failBecause(failure);
          },
        },
      );
    };
    if (upgrade.length === 0) {
      begin(NOTHING);
    } else {
      const { length } = upgrade;
      const body = new RequestBody({
        stream: incoming,
        length,
        announcesTrailers: false,
        isWhole: () => true,
      });
      body.gather(this.#limits.headTimeoutMs, (how) => {
        if (how === "whole") begin(body.whole ?? NOTHING);
        else reply.failBecause(how === "late" ? failureOfLateBody() : failureOfBody(how));
      });
    }
    return reply;
  }

  /** From HTTP/2, as an extended CONNECT (RFC 8441 §5), which has neither key nor answer to it. */
  fromHttp2(stream: ServerHttp2Stream, reply: Http2Reply, path: string, list: FieldList): void {
    const key = randomBytes(16).toString("base64");
    const fields = list.without("sec-websocket-key");
    fields.add("Sec-WebSocket-Key", key);
    const stop = this.#ask(
      { method: "GET", path, fields, protocol: "websocket", body: NOTHING, isAwaited: () => true },
      {
        switched: (answer, upstream, first) => {
          try {
            if (answer.first("sec-websocket-accept") !== acceptOf(key)) {
              throw new Error("the upstream accepts a key that it was not sent");
            }
            reply.head(200, "", answer.without("sec-websocket-accept"));
          } catch (error) {
            upstream.destroy();
            reply.failBecause({ kind: "broken", error: toFailure(error).error });
            return;
          }
          stream.setTimeout(this.#limits.idleTimeoutMs, () => stream.destroy());
          this.#join(stream, NOTHING, upstream, first);
        },
        declined: (answer) => passOn(answer, reply),
        failed: (failure) => reply.failBecause(failure),
      },
    );
    stream.on("close", stop);
    stream.on("error", stop);
  }

  /** Again, where nothing was answered and nothing can have happened twice. */
  #ask(upgrade: UpgradeRequest, listener: UpgradeListener): () => void {
    let repeats = 0;
    let isOver = false;
    let stop: (() => void) | undefined;
    const ask = (): void => {
      if (isOver) return;
      stop = this.#upgrader.ask(upgrade, {
        ...listener,
        failed: (failure) => {
          if (repeats === MOST_REPEATS || !mayRepeat(upgrade.method, failure)) {
            listener.failed(failure);
          } else {
            repeats += 1;
            setImmediate(ask);
          }
        },
      });
    };
    ask();
    return () => {
      isOver = true;
      stop?.();
    };
  }

  /** Both ways, half-closes included; what breaks one side breaks the other. */
  #join(client: Duplex, clientHead: Buffer, upstream: Duplex, first: Buffer): void {
    if (clientHead.length > 0) upstream.write(clientHead);
    if (first.length > 0) client.write(first);
    pass(client, upstream);
    pass(upstream, client);
    // It may have said all before it went.
    client.on("close", () => leave(upstream));
  }
}

/** Has a socket that nobody reads notice its end, unless there is something to read before. Returns how to stop. */
function watchEnd(client: Duplex): () => void {
  const look = (): void => {
    if (client.readableLength === 0) client.read();
  };
  client.on("readable", look);
  return () => client.off("readable", look);
}

/** `pipeline` twice would leave as many listeners as Node warns of. */
function pass(from: Duplex, to: Duplex): void {
  from.on("data", (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  passOnEnd(from, to);
  from.on("error", () => breakOff(to));
  from.on("close", () => {
    if (!from.readableEnded) breakOff(to);
  });
}

function passOn({ status, message, fields, body }: DeclinedUpgrade, reply: Reply): void {
  const resume = (): void => void body.resume();
  try {
    reply.head(status, message, fields);
  } catch {
    body.destroy();
    reply.fail(502);
    return;
  }
  body.on("data", (chunk: Buffer) => {
    if (!reply.data(chunk, resume)) body.pause();
  });
  body.on("end", () => {
    // A stream of HTTP/2 that was reset ends as well.
    if ("rstCode" in body && body.rstCode !== constants.NGHTTP2_NO_ERROR) reply.fail(502);
    else reply.end(new FieldList(body.rawTrailers));
  });
  body.on("error", () => reply.fail(502));
}

/** As they came from a parser that takes no CR and LF in them. */
function toLines(fields: FieldList): string {
  return fields.toPairs().reduce((lines, [name, value]) => `${lines}${name}: ${value}\r\n`, "");
}
