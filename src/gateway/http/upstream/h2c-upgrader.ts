import { type ClientHttp2Stream, constants } from "node:http2";
import type { H2cConnection } from "./h2c-connection.ts";
import type { H2cSessions } from "./h2c-sessions.ts";
import { acceptOf, type UpgradeListener, type Upgrader, type UpgradeRequest } from "../exchange/upgrade.ts";
import { FieldList } from "../fields/field-list.ts";
import { toHttp2Request, withoutPseudo } from "../fields/http2-fields.ts";
import { toFailure } from "../exchange/http-upstream.ts";
import { UpstreamTimeout } from "../../upstream/upstream.ts";

const NOT_YET = (): void => undefined;
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
    let stop = NOT_YET;
    const giveUp = this.#sessions.acquire((error, connection) => {
      stop = () => undefined;
      if (connection === undefined) listener.failed(toFailure(error));
      else if (connection.isSettled) stop = this.#connect(connection, upgrade, listener);
      else stop = this.#whenSettled(connection, upgrade, listener);
    }, upgrade.isAwaited);
    // The connection may have been there at once.
    if (stop === NOT_YET) stop = giveUp;
    return () => stop();
  }

  /** What the upstream takes is known with its first settings. */
  #whenSettled(connection: H2cConnection, upgrade: UpgradeRequest, listener: UpgradeListener): () => void {
    let stop = connection.whenSettled(this.#headTimeoutMs, (failure) => {
      if (failure === undefined) stop = this.#connect(connection, upgrade, listener);
      else listener.failed(failure);
    });
    return () => stop();
  }

  #connect(
    connection: H2cConnection,
    { path, fields }: UpgradeRequest,
    listener: UpgradeListener,
  ): () => void {
    if (connection.session.remoteSettings.enableConnectProtocol !== true) {
      listener.failed({ kind: "unsupported", error: new Error("the upstream takes no extended CONNECT") });
      return () => undefined;
    }
    const key = fields.first("sec-websocket-key") ?? "";
    const headers = toHttp2Request(fields.without("sec-websocket-key"));
    Object.assign(headers, { ":method": "CONNECT", ":protocol": "websocket", ":path": path });
    let isAnswered = false;
    let stream: ClientHttp2Stream;
    try {
      stream = connection.request(headers, { endStream: false });
    } catch (error) {
      listener.failed({ kind: "request", error: toFailure(error).error });
      return () => undefined;
    }
    const { heard } = connection;
    stream.setTimeout(this.#headTimeoutMs, () => {
      connection.unanswered(heard);
      stream.destroy(new UpstreamTimeout(SILENCE));
    });
    stream.once("response", (answer, _flags, raw) => {
      isAnswered = true;
      stream.setTimeout(0);
      const status = Number(answer[":status"]);
      const rest = withoutPseudo(raw ?? []);
      if (status === 200) {
        const accepted = new FieldList(["Upgrade", "websocket", "Connection", "Upgrade"]);
        accepted.add("Sec-WebSocket-Accept", acceptOf(key));
        accepted.addAll(rest);
        listener.switched(accepted, stream, Buffer.alloc(0));
      } else {
        stream.end();
        listener.declined({ status, message: "", fields: rest, body: stream });
      }
    });
    const fail = (error: Error): void => {
      if (!isAnswered) listener.failed(connection.failureOf(stream, error));
      isAnswered = true;
    };
    stream.on("error", fail);
    // A reset can say that there was no error.
    stream.on("close", () => fail(new Error("the upstream closed the stream")));
    return () => {
      if (!isAnswered) connection.unanswered(heard);
      isAnswered = true;
      stream.close(constants.NGHTTP2_CANCEL);
    };
  }
}
