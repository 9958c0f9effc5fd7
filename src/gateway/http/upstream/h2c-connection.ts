import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  constants,
} from "node:http2";
import { MOST_HEAD_BYTES, type ConnectionTimes } from "./connection-times.ts";
import type { Http2Fields } from "../fields/http2-fields.ts";
import { toFailure, type UpstreamFailure } from "../exchange/http-upstream.ts";
import { isStreamError } from "../exchange/is-stream-error.ts";
import { UpstreamTimeout } from "../../upstream/upstream.ts";
import type { UpstreamSocket } from "../../upstream/upstream-socket.ts";
import { Deadline } from "../../../deadline.ts";

/** What is not in Node's types: what is said twice goes on as it came, and no field is lost for a space at its end. */
const OPTIONS = {
  settings: { enablePush: false, maxHeaderListSize: MOST_HEAD_BYTES },
  // Their size is bounded.
  maxHeaderListPairs: MOST_HEAD_BYTES,
  // MiB, for what waits in 100 streams either way; with less of it streams would be refused.
  maxSessionMemory: 64,
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
/** Until the upstream says how many: RFC 9113 §6.5.2 recommends no less. */
const STREAMS = 100;
const TICK_MS = 1000;

/** One connection to an upstream over h2c, and whether it may still be used. */
export class H2cConnection {
  readonly session: ClientHttp2Session;
  readonly #socket: UpstreamSocket;
  readonly #times: ConnectionTimes;
  readonly #retired: () => void;
  /** Whether its first settings are there. */
  isSettled = false;
  #isRetired = false;
  /** Whether a ping is under way, on which it depends whether this is used again. */
  #isDoubted = false;
  /** Open ones. */
  #streams = 0;
  /** Those that were, so far. */
  #reset = 0;
  /** The upstream did nothing with streams above it (RFC 9113 §6.8). */
  #lastStream = Number.POSITIVE_INFINITY;
  #goawayCode: number = constants.NGHTTP2_NO_ERROR;
  readonly #close: () => void;
  /** Bytes, when the upstream had said what it says without being asked. */
  #greeting = 0;
  #heard = 0;
  #quietMs = 0;
  /** Whether anything was asked since the upstream was last heard. */
  #isAsked = false;

  /** `closeMs`: for the upstream to end it in its turn. */
  constructor(socket: UpstreamSocket, times: ConnectionTimes, closeMs: number, retired: () => void) {
    this.#socket = socket;
    this.#times = times;
    this.#retired = retired;
    this.session = connect("http://upstream.invalid", { ...OPTIONS, createConnection: () => socket });
    const { session } = this;
    // As many as there are streams wait for its settings.
    session.setMaxListeners(0);
    const watch = setInterval(this.#watch, TICK_MS).unref();
    session.once("remoteSettings", () => {
      this.isSettled = true;
    });
    session.on("remoteSettings", this.#greeted);
    session.on("localSettings", this.#greeted);
    session.on("goaway", (code, lastStream) => {
      this.#lastStream = lastStream;
      this.#goawayCode = code;
      this.#leave();
    });
    session.on("error", () => undefined);
    // Node lets a closed session ask nothing any more: it would be taken for dead, with streams that still run on it.
    this.#close = session.close.bind(session);
    const retire = (): void => this.retire();
    session.close = retire;
    this.#outliveStreamErrors();
    session.once("close", () => {
      clearInterval(watch);
      this.#leave();
    });
    // Node waits for ever for an upstream that does not end a connection which we ended.
    socket.once("finish", () => {
      const late = setTimeout(() => socket.destroy(), closeMs).unref();
      socket.once("close", () => clearTimeout(late));
    });
  }

  /** Whether it may carry another stream. */
  get hasRoom(): boolean {
    const { session } = this;
    if (this.#isRetired || this.#isDoubted || session.closed || session.destroyed) return false;
    if (performance.now() - this.#socket.openedAt > this.#times.mostAgeMs) {
      this.retire();
      return false;
    }
    const most = this.isSettled ? (session.remoteSettings.maxConcurrentStreams ?? STREAMS) : STREAMS;
    if (most === 0 && this.#streams === 0) this.retire();
    return this.#streams < most;
  }

  /** Bytes that came so far. */
  get heard(): number {
    return this.#socket.bytesRead;
  }

  /** Throws when the fields cannot be said in HTTP/2. */
  request(fields: Http2Fields, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.session.request(fields, options);
    this.#streams += 1;
    if (!this.#isAsked) this.#quietMs = 0;
    this.#isAsked = true;
    stream.once("close", () => {
      this.#streams -= 1;
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) this.#reset += 1;
      if (this.#reset === MOST_RESET || (stream.id ?? 0) > LAST_STREAM) this.retire();
      if (this.#streams > 0) return;
      this.#quietMs = 0;
      if (this.#isRetired) this.#close();
    });
    return stream;
  }

  /** It ends with the streams that it has. */
  retire(): void {
    this.#leave();
    if (this.#streams === 0) this.#close();
  }

  /**
   * Waits for its first settings: before those nobody may have accepted it, and nobody knows whether what is sent is
   * read (docs/decisions/0034). Returns how to give up.
   */
  whenSettled(timeoutMs: number, settled: (failure?: UpstreamFailure) => void): () => void {
    const { session, heard } = this;
    const settle = (failure?: UpstreamFailure): void => {
      forget();
      settled(failure);
    };
    const onSettings = (): void => settle();
    const onClose = (): void => {
      settle({ kind: "broken", error: new Error("the upstream closed the connection"), repeats: "all" });
    };
    const late = new Deadline(timeoutMs, () => {
      this.unanswered(heard);
      settle(toFailure(new UpstreamTimeout("the upstream said nothing for too long")));
    });
    const forget = (): void => {
      late[Symbol.dispose]();
      session.off("remoteSettings", onSettings);
      session.off("close", onClose);
    };
    session.on("remoteSettings", onSettings);
    session.on("close", onClose);
    return () => {
      forget();
      this.unanswered(heard);
    };
  }

  /** A request ended without an answer. If nothing at all came since it was sent, nothing else is sent for now. */
  unanswered(heardBefore: number): void {
    if (this.heard <= Math.max(heardBefore, this.#greeting)) this.#doubt();
  }

  /** What became of a stream without an answer. */
  failureOf(stream: ClientHttp2Stream, error: Error & { cause?: unknown }): UpstreamFailure {
    // What ended the connection is the cause of what ended its streams.
    const failure = toFailure(error.cause ?? error);
    const isUntouched =
      stream.id === undefined ||
      stream.id > this.#lastStream ||
      // Node says of all streams what a GOAWAY said, also of those that the upstream may have begun with.
      (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && this.#goawayCode !== stream.rstCode);
    if (isUntouched) return { ...failure, repeats: "all" };
    return { ...failure, repeats: this.session.destroyed || this.#isRetired ? "idempotent" : undefined };
  }

  #leave(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#retired();
  }

  /** As `outliveStreamErrors` does, with the same ping that other doubts come to. */
  #outliveStreamErrors(): void {
    const { session } = this;
    const destroy = session.destroy.bind(session);
    const outlive: typeof destroy = (error, code) => {
      if (isStreamError(error)) this.#doubt();
      else destroy(error, code);
    };
    session.destroy = outlive;
  }

  readonly #greeted = (): void => {
    this.#greeting = this.heard;
  };

  readonly #watch = (): void => {
    const { silenceMs, sessionIdleMs } = this.#times;
    this.#quietMs += TICK_MS;
    if (this.#streams === 0) {
      if (this.#quietMs >= sessionIdleMs) this.retire();
      return;
    }
    if (this.heard !== this.#heard) {
      this.#heard = this.heard;
      this.#quietMs = 0;
    } else if (this.#isAsked && this.#quietMs >= silenceMs) {
      // Once: gRPC's servers end connections that are asked again and again while they work.
      this.#isAsked = false;
      this.#doubt();
    }
  };

  /** Asks for a sign of life. Nothing else counts: what comes may be thrown away. */
  #doubt(): void {
    if (this.#isDoubted || this.session.destroyed) return;
    this.#isDoubted = true;
    const late = new Deadline(this.#times.pingMs, () => {
      this.session.destroy(new UpstreamTimeout("the upstream does not answer a ping"));
    });
    const stop = (): void => late[Symbol.dispose]();
    this.session.once("close", stop);
    try {
      this.session.ping((error) => {
        if (error !== null) return;
        stop();
        this.#isDoubted = false;
      });
    } catch {
      // It is over, or not there yet: it has the same time.
    }
  }
}
