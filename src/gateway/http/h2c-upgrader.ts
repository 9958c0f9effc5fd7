import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { type H2cSessions, toHttp2Request, withoutPseudo } from "./h2c-sessions.ts";
import {
  acceptOf,
  type UpgradeListener,
  type Upgrader,
  type UpgradeRequest,
  valueOf,
  without,
} from "./upgrade.ts";
import { toFailure, UpstreamTimeout } from "./http-upstream.ts";

const SILENCE = "the upstream said nothing for too long";

/** At an upstream that speaks HTTP/2: WebSockets, if it takes extended CONNECT (RFC 8441). */
export class H2cUpgrader implements Upgrader {
  readonly #sessions: H2cSessions;
  readonly #headTimeoutMs: number;

  constructor(sessions: H2cSessions, headTimeoutMs: number) {
    this.#sessions = sessions;
    this.#headTimeoutMs = headTimeoutMs;
  }

  ask(upgrade: UpgradeRequest, listener: UpgradeListener): () => void {
    if (upgrade.protocol.toLowerCase() !== "websocket") {
      listener.failed({ kind: "unsupported", error: new Error("HTTP/2 carries no upgrade but WebSocket") });
      return () => undefined;
    }
    const session = this.#sessions.pick();
    if (this.#sessions.isSettled(session)) return this.#connect(session, upgrade, listener);
    // What it takes is known with its first settings.
    const forget = (): void => {
      clearTimeout(late);
      session.off("remoteSettings", start);
      session.off("close", closed);
    };
    let stop = forget;
    const start = (): void => {
      forget();
      stop = this.#connect(session, upgrade, listener);
    };
    const fail = (error: Error): void => {
      forget();
      listener.failed(toFailure(error));
    };
    const closed = (): void => fail(new Error("the upstream closed the connection"));
    const late = setTimeout(() => fail(new UpstreamTimeout(SILENCE)), this.#headTimeoutMs);
    session.on("remoteSettings", start);
    session.on("close", closed);
    return () => stop();
  }

  #connect(
    session: ClientHttp2Session,
    { path, fields }: UpgradeRequest,
    listener: UpgradeListener,
  ): () => void {
    if (session.remoteSettings.enableConnectProtocol !== true) {
      listener.failed({ kind: "unsupported", error: new Error("the upstream takes no extended CONNECT") });
      return () => undefined;
    }
    const key = valueOf(fields, "sec-websocket-key") ?? "";
    const headers = toHttp2Request(without(fields, "sec-websocket-key"));
    Object.assign(headers, { ":method": "CONNECT", ":protocol": "websocket", ":path": path });
    let isAnswered = false;
    let stream: ClientHttp2Stream;
    try {
      stream = this.#sessions.request(session, headers, { endStream: false });
    } catch (error) {
      listener.failed({ kind: "request", error: toFailure(error).error });
      return () => undefined;
    }
    stream.setTimeout(this.#headTimeoutMs, () => {
      stream.destroy(new UpstreamTimeout(SILENCE));
    });
    stream.once("response", (answer, _flags, raw) => {
      isAnswered = true;
      stream.setTimeout(0);
      const status = Number(answer[":status"]);
      const rest = withoutPseudo(raw ?? []);
      if (status === 200) {
        const accepted = [
          "Upgrade",
          "websocket",
          "Connection",
          "Upgrade",
          "Sec-WebSocket-Accept",
          acceptOf(key),
        ];
        listener.switched([...accepted, ...rest], stream, Buffer.alloc(0));
      } else {
        stream.end();
        listener.declined({ status, message: "", fields: rest, body: stream });
      }
    });
    const fail = (error: unknown): void => {
      if (!isAnswered) listener.failed(toFailure(error));
      isAnswered = true;
    };
    stream.on("error", (error) => fail(error.cause ?? error));
    // A reset can say that there was no error.
    stream.on("close", () => fail(new Error("the upstream closed the stream")));
    return () => {
      isAnswered = true;
      stream.close(constants.NGHTTP2_CANCEL);
    };
  }
}
