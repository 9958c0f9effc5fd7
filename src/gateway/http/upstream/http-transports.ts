import type { ForwardingListener } from "../../config/config.ts";
import { BodyTransport } from "./body-transport.ts";
import { CONNECTION_TIMES, type ConnectionTimes } from "./connection-times.ts";
import { H2cSessions } from "./h2c-sessions.ts";
import { H2cTransport } from "./h2c-transport.ts";
import { H2cUpgrader } from "./h2c-upgrader.ts";
import type {
  Exchange,
  UpstreamListener,
  UpstreamRequest,
  UpstreamTransport,
} from "../exchange/http-upstream.ts";
import type { TransportOptions } from "./transport-options.ts";
import type { Upgrader } from "../exchange/upgrade.ts";
import { Http1Upgrader } from "./upgrader.ts";
import { WholeTransport } from "./whole-transport.ts";

/** For the upstream's answer to begin, when the configuration sets no limit for silence. */
const HEAD_TIMEOUT_MS = 300_000;

/** All ways to a listener's upstream. */
export interface HttpTransports {
  readonly requests: UpstreamTransport;
  readonly upgrader: Upgrader;
  readonly headTimeoutMs: number;
}

export function openHttpTransports(
  { to, connectTimeoutMs, connectRetryMs, idleTimeoutMs }: ForwardingListener,
  times: ConnectionTimes = CONNECTION_TIMES,
): HttpTransports {
  if (to.protocol === undefined) throw new TypeError("mode http has an upstream that speaks HTTP");
  const headTimeoutMs = idleTimeoutMs > 0 ? idleTimeoutMs : HEAD_TIMEOUT_MS;
  const options = { to, connectTimeoutMs, connectRetryMs, headTimeoutMs, idleTimeoutMs, times };
  if (to.protocol === "http") {
    const requests = new Http1Transport(options);
    return { requests, upgrader: new Http1Upgrader(options), headTimeoutMs };
  }
  const sessions = new H2cSessions(options);
  const upgrader = new H2cUpgrader(sessions, headTimeoutMs);
  return { requests: new H2cTransport(options, sessions), upgrader, headTimeoutMs };
}

/** Over HTTP/1.1: by the cheaper way, where that can carry the request. */
class Http1Transport implements UpstreamTransport {
  readonly #whole: WholeTransport;
  readonly #withBody: BodyTransport;

  constructor(options: TransportOptions) {
    this.#whole = new WholeTransport(options);
    this.#withBody = new BodyTransport(options);
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    const { body, path } = request;
    const isWhole = body === undefined || body.whole !== undefined;
    // undici knows no target but a path.
    const transport = isWhole && path !== "*" ? this.#whole : this.#withBody;
    return transport.send(request, listener);
  }

  close(): void {
    this.#whole.close();
    this.#withBody.close();
  }
}
