import type { Dispatcher } from "undici";
import { dropContinue } from "./drop-continue.ts";
import { MOST_HEAD_BYTES } from "./connection-times.ts";
import {
  type Exchange,
  toFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "../exchange/http-upstream.ts";
import type { TransportOptions } from "./transport-options.ts";
import { FieldList } from "../fields/field-list.ts";
import { KeptClients } from "./kept-clients.ts";
import { connectUpstream } from "../../upstream/upstream.ts";

/**
 * Requests over HTTP/1.1 that are all there, without a body or with a small one, by undici: at half the cost of
 * `http.request`, which carries all that undici does not (docs/decisions/0018).
 */
export class WholeTransport implements UpstreamTransport {
  readonly #clients: KeptClients<WholeExchange>;

  constructor(options: TransportOptions) {
    const { headTimeoutMs, idleTimeoutMs, times } = options;
    const clientOptions = {
      pipelining: 1,
      keepAliveTimeout: times.idleMs,
      // What an upstream says of itself may shorten that, not lengthen it.
      keepAliveMaxTimeout: times.idleMs,
      maxHeaderSize: MOST_HEAD_BYTES,
      headersTimeout: headTimeoutMs,
      bodyTimeout: idleTimeoutMs,
    };
    this.#clients = new KeptClients(clientOptions, times.mostAgeMs, (exchange, connected) => {
      const giveUp = connectUpstream(options.to, options, (error, socket) => {
        exchange?.connects(undefined);
        if (socket === undefined) {
          connected(error ?? new Error("there is no connection"), null);
        } else {
          dropContinue(socket);
          connected(null, socket);
        }
      });
      exchange?.connects(() => {
        giveUp();
        connected(new Error("the request was given up"), null);
      });
    });
  }

  send({ method, path, fields, body }: UpstreamRequest, listener: UpstreamListener): Exchange {
    const exchange = new WholeExchange(listener);
    this.#clients.dispatch({ path, method, headers: fields.raw, body: body?.whole ?? null }, exchange);
    return exchange;
  }

  close(): void {
    this.#clients.close();
  }
}

class WholeExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #listener: UpstreamListener;
  #controller: Dispatcher.DispatchController | undefined;
  #giveUpConnecting: (() => void) | undefined;
  #isAborted = false;

  constructor(listener: UpstreamListener) {
    this.#listener = listener;
  }

  /** Takes how to give up a connection that is made for it alone; undefined when that is over. */
  connects(giveUp: (() => void) | undefined): void {
    this.#giveUpConnecting = giveUp;
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new Error("the client is gone"));
    this.#giveUpConnecting?.();
    this.#giveUpConnecting = undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isAborted) controller.abort(new Error("the client is gone"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    if (this.#isAborted) return;
    const fields = toFields(controller.rawHeaders);
    if (status < 200) this.#listener.information(status, fields);
    else this.#listener.head(status, toLatin1(message ?? ""), fields);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isAborted && !this.#listener.data(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (!this.#isAborted) this.#listener.end(toFields(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isAborted) this.#listener.failed(toFailure(error));
  }
}

const PLAIN = /^[\x20-\x7e]*$/;

/** As they came: bytes, which are Latin-1 in Node's strings. A head that came in one piece is decoded in one. */
function toFields(raw: Dispatcher.DispatchController["rawHeaders"]): FieldList {
  if (!Array.isArray(raw) || raw.length === 0) return new FieldList();
  const parts = raw as readonly Buffer[];
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined || first.buffer !== last.buffer)
    return new FieldList(parts.map(toText));
  const { buffer, byteOffset: start } = first;
  const head = Buffer.from(buffer, start, last.byteOffset + last.length - start).toString("latin1");
  const strings: string[] = [];
  for (const part of parts) {
    const at = part.byteOffset - start;
    strings.push(part.buffer === buffer ? head.slice(at, at + part.length) : toText(part));
  }
  return new FieldList(strings);
}

function toText(part: Buffer): string {
  return part.toString("latin1");
}

/** undici decodes the reason as UTF-8. */
function toLatin1(text: string): string {
  return PLAIN.test(text) ? text : Buffer.from(text).toString("latin1");
}
