import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connectionOf } from "../../guard/peer-of.ts";
import type { UpstreamProblem } from "../gateway-event.ts";
import type { ProxyContext } from "../proxy.ts";
import { encodeProxyHeader } from "../proxy-protocol/proxy-header.ts";
import { breakOff, isPassedOn, leave, passOnEnd } from "./relay-bytes.ts";
import { connectUpstream } from "../upstream.ts";

/**
 * What upstreams send is read into the same memory for all connections: it is encrypted, and by that copied, before
 * anything else is read. With a new buffer for each read, collecting them took a third of the CPU of a fast transfer.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

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
  /** Whether a write to the client is under way. */
  #isFull = false;

  constructor(client: TLSSocket, context: ProxyContext) {
    this.#client = client;
    this.#context = context;
    const { config } = context;
    const upstream = connectUpstream(config.to, { buffer: READ_BUFFER, callback: this.#toClient });
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
      if (!upstream.destroyed && !upstream.write(chunk)) client.pause();
    });
    upstream.on("drain", () => client.resume());
    passOnEnd(client, upstream);
    upstream.on("end", () => client.end());
    // There is nothing to flow but its end.
    upstream.resume();
  };

  /** OpenSSL takes a write at once as long as none waits before it; so nothing is read until it has gone out. */
  readonly #toClient = (length: number, buffer: Uint8Array): boolean => {
    const client = this.#client;
    if (client.writableEnded || client.destroyed) return true;
    client.write(buffer.subarray(0, length), this.#written);
    this.#isFull = client.writableLength > 0;
    return !this.#isFull;
  };

  readonly #written = (): void => {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#upstream.resume();
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
    if (client.destroyed) return;
    // What it still says is for nobody; unread, its end would not be noticed.
    if (isPassedOn(this.#upstream, client)) client.resume();
    else if (this.#isConnected) reset(client);
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
    if (isPassedOn(this.#client, upstream)) leave(upstream);
    else if (this.#isConnected) breakOff(upstream);
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
  if (transport instanceof Socket) breakOff(transport);
  else client.destroy();
}

/** 'close' follows, and says all that is needed. */
function ignore(): void {}
