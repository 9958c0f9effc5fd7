import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connectionOf } from "../guard/peer-of.ts";
import type { UpstreamProblem } from "./gateway-event.ts";
import type { ProxyContext } from "./proxy.ts";
import { encodeProxyHeader } from "./proxy-header.ts";
import { connectUpstream } from "./upstream.ts";

/**
 * One client and its connection to the upstream. Bytes, ends and failures pass both ways. By hand, since two `pipe`s
 * pass on neither failures nor who is slow without as many listeners again.
 */
export class TcpRelay {
  readonly #client: TLSSocket;
  readonly #upstream: Socket;
  readonly #context: ProxyContext;
  readonly #beganAt = performance.now();
  #isConnected = false;

  constructor(client: TLSSocket, context: ProxyContext) {
    this.#client = client;
    this.#context = context;
    const { config } = context;
    const upstream = connectUpstream(config.to);
    this.#upstream = upstream;
    // Until the upstream is there the client is not read: Node keeps at most what its buffers hold.
    upstream.on("connect", this.#connected);
    upstream.on("error", this.#upstreamFailed);
    upstream.on("close", this.#upstreamClosed);
    client.on("error", ignore);
    client.on("close", this.#clientClosed);
    if (config.sendProxy === "v2") this.#introduce();
    upstream.setTimeout(config.connectTimeoutMs, this.#timedOut);
    if (config.idleTimeoutMs > 0) client.setTimeout(config.idleTimeoutMs, this.#idle);
  }

  /** Node sends it before all else, once there is a connection. */
  #introduce(): void {
    const connection = connectionOf(this.#client);
    try {
      if (connection === undefined) throw new Error("it is not known whose connection this is");
      this.#upstream.write(encodeProxyHeader(connection));
    } catch (error) {
      this.#report("unannounced", error instanceof Error ? error : new Error(String(error)));
      this.#upstream.destroy();
    }
  }

  readonly #connected = (): void => {
    const client = this.#client;
    const upstream = this.#upstream;
    this.#isConnected = true;
    const { config: listener, onEvent } = this.#context;
    onEvent({ type: "upstream-connected", listener, durationMs: performance.now() - this.#beganAt });
    upstream.setTimeout(0);
    client.on("data", (chunk: Buffer) => {
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on("data", (chunk: Buffer) => {
      if (!client.write(chunk)) upstream.pause();
    });
    client.on("drain", () => upstream.resume());
    upstream.on("drain", () => client.resume());
    client.on("end", () => upstream.end());
    upstream.on("end", () => client.end());
  };

  readonly #timedOut = (): void => {
    const { connectTimeoutMs } = this.#context.config;
    this.#report("timed-out", new Error(`no connection within ${connectTimeoutMs} ms`));
    this.#upstream.destroy();
  };

  /** Bytes of either direction pass through the client's socket. */
  readonly #idle = (): void => {
    this.#client.destroy();
  };

  readonly #upstreamFailed = (error: Error): void => {
    this.#report(this.#isConnected ? "broken" : "unreachable", error);
  };

  /** A connection that did not come to its end must not look to the other side as if it had. */
  readonly #upstreamClosed = (): void => {
    const client = this.#client;
    if (client.destroyed || (this.#upstream.readableEnded && client.writableEnded)) return;
    if (this.#isConnected) reset(client);
    else client.destroy();
  };

  readonly #clientClosed = (): void => {
    const upstream = this.#upstream;
    const { config, onEvent } = this.#context;
    const { bytesRead: bytesIn, bytesWritten: bytesOut } = this.#client;
    onEvent({
      type: "relayed",
      listener: config,
      connection: connectionOf(this.#client),
      bytesIn,
      bytesOut,
    });
    if (upstream.destroyed || (this.#client.readableEnded && upstream.writableEnded)) return;
    if (this.#isConnected) upstream.resetAndDestroy();
    else upstream.destroy();
  };

  #report(problem: UpstreamProblem, error: Error): void {
    const { config, onEvent } = this.#context;
    onEvent({
      type: "upstream-failed",
      listener: config,
      connection: connectionOf(this.#client),
      problem,
      error,
    });
  }
}

/** Ends it below TLS: without a close_notify, and with data on its way thrown away. */
function reset(client: TLSSocket): void {
  const transport = connectionOf(client)?.transport;
  if (transport instanceof Socket) transport.resetAndDestroy();
  else client.destroy();
}

/** 'close' follows, and says all that is needed. */
function ignore(): void {}
