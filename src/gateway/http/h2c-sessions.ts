import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  constants,
} from "node:http2";
import { createConnection, type Socket } from "node:net";
import { type Http2Fields, toHttp2Fields } from "./http2-fields.ts";
import { UpstreamTimeout } from "./http-upstream.ts";

/** What is not in Node's types: what is said twice goes on as it came, and no field is lost for a space at its end. */
const OPTIONS = {
  settings: { enablePush: false },
  strictSingleValueFields: false,
  strictFieldWhitespaceValidation: false,
};

/**
 * Upstreams end a connection on which too many streams are reset, with all that others have on it (CVE-2023-44487);
 * long before that it gets no others.
 */
const MOST_RESET = 100;
/** RFC 9113 §5.1.1: no number is used twice, and there are 2^31. A connection gets no others long before they run out. */
const LAST_STREAM = 2 ** 30;

interface Load {
  /** Whether its first settings are there. */
  isSettled: boolean;
  /** Open ones. */
  streams: number;
  /** Those that were, so far. */
  reset: number;
}

/** Connections to an upstream that speaks HTTP/2 without TLS: another one when those there are carry all they may. */
export class H2cSessions {
  readonly #origin: string;
  readonly #connectTimeoutMs: number;
  readonly #sessions = new Map<ClientHttp2Session, Load>();

  constructor(origin: string, connectTimeoutMs: number) {
    this.#origin = origin;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** One that may carry another stream. */
  pick(): ClientHttp2Session {
    for (const [session, { streams }] of this.#sessions) {
      const most = session.remoteSettings?.maxConcurrentStreams ?? 100;
      if (streams < most && !session.closed && !session.destroyed) return session;
      if (most === 0 && streams === 0) this.#retire(session);
    }
    return this.#open();
  }

  /** Whether what the upstream takes on it is known. */
  isSettled(session: ClientHttp2Session): boolean {
    return this.#sessions.get(session)?.isSettled === true;
  }

  /** Throws when the fields cannot be said in HTTP/2. */
  request(
    session: ClientHttp2Session,
    fields: Http2Fields,
    options: ClientSessionRequestOptions,
  ): ClientHttp2Stream {
    const stream = session.request(fields, options);
    const load = this.#sessions.get(session);
    if (load === undefined) return stream;
    load.streams += 1;
    stream.once("close", () => {
      load.streams -= 1;
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) load.reset += 1;
      if (load.reset === MOST_RESET || (stream.id ?? 0) > LAST_STREAM) this.#retire(session);
    });
    return stream;
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.close();
    this.#sessions.clear();
  }

  /** It ends with the streams that it has. */
  #retire(session: ClientHttp2Session): void {
    this.#sessions.delete(session);
    session.close();
  }

  /** Node waits for ever for an upstream that does not end a connection which we ended. */
  readonly #connect = ({ hostname, port }: URL): Socket => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = createConnection({ host, port: port === "" ? 80 : Number(port), noDelay: true });
    socket.once("finish", () => {
      const timer = setTimeout(() => socket.destroy(), this.#connectTimeoutMs).unref();
      socket.once("close", () => clearTimeout(timer));
    });
    return socket;
  };

  #open(): ClientHttp2Session {
    const session = connect(this.#origin, { ...OPTIONS, createConnection: this.#connect });
    const load = { isSettled: false, streams: 0, reset: 0 };
    this.#sessions.set(session, load);
    session.once("remoteSettings", () => (load.isSettled = true));
    // As many as there are streams wait for its settings.
    session.setMaxListeners(0);
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
