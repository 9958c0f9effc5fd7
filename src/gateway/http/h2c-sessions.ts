import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
} from "node:http2";
import { type Http2Fields, toHttp2Fields } from "./http2-fields.ts";
import { UpstreamTimeout } from "./http-upstream.ts";

/** The second is not in Node's types: what clients say twice goes on as it came. */
const OPTIONS = { settings: { enablePush: false }, strictSingleValueFields: false };

/** Connections to an upstream that speaks HTTP/2 without TLS: another one when those there are carry all they may. */
export class H2cSessions {
  readonly #origin: string;
  readonly #connectTimeoutMs: number;
  /** With the number of open streams. */
  readonly #sessions = new Map<ClientHttp2Session, number>();

  constructor(origin: string, connectTimeoutMs: number) {
    this.#origin = origin;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** One that may carry another stream. */
  pick(): ClientHttp2Session {
    for (const [session, streams] of this.#sessions) {
      const most = session.remoteSettings?.maxConcurrentStreams ?? 100;
      if (streams < most && !session.closed && !session.destroyed) return session;
    }
    return this.#open();
  }

  /** Throws when the fields cannot be said in HTTP/2. */
  request(
    session: ClientHttp2Session,
    fields: Http2Fields,
    options: ClientSessionRequestOptions,
  ): ClientHttp2Stream {
    const stream = session.request(fields, options);
    this.#count(session, 1);
    stream.once("close", () => this.#count(session, -1));
    return stream;
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.close();
    this.#sessions.clear();
  }

  #count(session: ClientHttp2Session, change: number): void {
    const streams = this.#sessions.get(session);
    if (streams !== undefined) this.#sessions.set(session, streams + change);
  }

  #open(): ClientHttp2Session {
    const session = connect(this.#origin, OPTIONS);
    this.#sessions.set(session, 0);
    const forget = (): void => void this.#sessions.delete(session);
    const timer = setTimeout(() => {
      session.destroy(new UpstreamTimeout(`no connection within ${this.#connectTimeoutMs} ms`));
    }, this.#connectTimeoutMs);
    session.once("connect", () => clearTimeout(timer));
    session.on("goaway", forget);
    session.on("error", () => undefined);
    session.on("close", () => {
      clearTimeout(timer);
      forget();
    });
    return session;
  }
}

/** A request's fields: names and values in turn, Host first, which is a pseudo field here. RFC 9113 §8.3.1. */
export function toHttp2Request(fields: readonly string[]): Http2Fields {
  return Object.assign(toHttp2Fields(fields.slice(2)), { ":scheme": "http", ":authority": fields[1] ?? "" });
}

export function withoutPseudo(raw: readonly string[]): readonly string[] {
  return raw.filter((_, at) => !(raw[at - (at % 2)] ?? "").startsWith(":"));
}
