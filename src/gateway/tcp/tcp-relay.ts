import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { toError } from "../../errors.ts";
import { connectionOf } from "../../guard/connection/peer-of.ts";
import type { UpstreamFailureKind } from "../../trust/happenings/gateway-happening.ts";
import { ofConnection } from "../service/of-connection.ts";
import type { ForwardingListener } from "../config/config.ts";
import type { ServiceContext } from "../service/service.ts";
import { encodeProxyHeader } from "../proxy-protocol/proxy-header.ts";
import { STARTTLS_SERVERS } from "../starttls/starttls-servers.ts";
import { UpstreamTalk } from "../starttls/upstream-talk.ts";
import { breakOff, isPassedOn, leave, passOnEnd } from "./relay-bytes.ts";
import { connectUpstream, UpstreamTimeout } from "../upstream/upstream.ts";
import { Deadline } from "../../deadline.ts";

/**
 * What upstreams send is read into the same memory for all connections: it is encrypted, and by that copied, before
 * anything else is read. With a new buffer for each read, collecting them took a third of the CPU of a fast transfer.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
const NOTHING = new Uint8Array();

/**
 * One client and its connection to the upstream. Bytes, ends and failures pass both ways. By hand, since two `pipe`s
 * pass on neither failures nor who is slow without as many listeners again.
 */
export class TcpRelay {
  readonly #client: TLSSocket;
  readonly #context: ServiceContext<ForwardingListener>;
  readonly #beganAt = performance.now();
  /** What the upstream says as if there were no TLS yet; undefined where it says nothing of the kind. */
  readonly #talk: UpstreamTalk | undefined;
  #awaitsGreeting: Deadline | undefined;
  #upstream: Socket | undefined;
  #giveUp: () => void = ignore;
  /** Whether a write to the client is under way. */
  #isFull = false;

  constructor(client: TLSSocket, context: ServiceContext<ForwardingListener>) {
    this.#client = client;
    this.#context = context;
    const { config } = context;
    this.#talk = upstreamTalk(config);
    client.on("error", ignore);
    client.on("close", this.#clientClosed);
    if (config.idleTimeoutMs > 0) client.setTimeout(config.idleTimeoutMs, this.#idle);
    const introduction = this.#introduction();
    if (introduction === undefined) return;
    const callback = this.#talk === undefined ? this.#toClient : this.#talked;
    const options = { allowHalfOpen: true, onread: { buffer: READ_BUFFER, callback } };
    // Until the upstream is there the client is not read: Node keeps at most what its buffers hold.
    const connected = (error: Error | undefined, upstream: Socket | undefined): void => {
      if (upstream !== undefined) this.#join(upstream, introduction);
      else this.#unreachable(error ?? new Error("there is no connection"));
    };
    this.#giveUp = connectUpstream(config.to, config, connected, options);
  }

  /** What the upstream hears before all else; undefined when nobody can say who comes, and the client is refused. */
  #introduction(): Uint8Array | undefined {
    if (this.#context.config.sendProxy === "none") return NOTHING;
    try {
      const connection = connectionOf(this.#client);
      if (connection === undefined) throw new Error("it is not known whose connection this is");
      return encodeProxyHeader(connection);
    } catch (error) {
      this.#report("unannounced", toError(error));
      this.#client.destroy();
      return undefined;
    }
  }

  #join(upstream: Socket, introduction: Uint8Array): void {
    const client = this.#client;
    this.#upstream = upstream;
    upstream.on("error", this.#upstreamFailed);
    upstream.on("close", this.#upstreamClosed);
    const { config, happenings } = this.#context;
    if (happenings.hears("upstream-connected")) {
      const durationMs = performance.now() - this.#beganAt;
      happenings.tell({ type: "upstream-connected", listener: config.name, durationMs });
    }
    if (introduction.length > 0) upstream.write(introduction);
    if (this.#talk === undefined) {
      this.#passOn(upstream);
      upstream.on("end", () => client.end());
    } else this.#awaitGreeting(upstream, this.#talk);
    // There is nothing to flow but its end.
    upstream.resume();
  }

  /** From now on the upstream hears what the client says. */
  #passOn(upstream: Socket): void {
    const client = this.#client;
    client.on("data", (chunk: Buffer) => {
      if (!upstream.destroyed && !upstream.write(chunk)) client.pause();
    });
    upstream.on("drain", () => client.resume());
    passOnEnd(client, upstream);
  }

  /** What waits until the upstream has greeted goes on in the order in which it came. */
  #awaitGreeting(upstream: Socket, talk: UpstreamTalk): void {
    const client = this.#client;
    const { connectTimeoutMs } = this.#context.config;
    this.#awaitsGreeting = new Deadline(connectTimeoutMs, () => {
      this.#unreachable(new UpstreamTimeout(`no greeting within ${connectTimeoutMs} ms`));
    });
    upstream.on("end", () => {
      try {
        client.end(talk.end());
      } catch (error) {
        this.#misunderstood(error);
      }
    });
  }

  /** As `#toClient`, where not all of it is for the client. */
  readonly #talked = (length: number, buffer: Uint8Array): boolean => {
    const talk = this.#talk;
    const upstream = this.#upstream;
    if (talk === undefined || upstream === undefined || this.#client.destroyed) return true;
    const hadGreeted = talk.hasGreeted;
    let heard: Uint8Array;
    try {
      heard = talk.read(buffer.subarray(0, length));
    } catch (error) {
      this.#misunderstood(error);
      return true;
    }
    if (!hadGreeted && talk.hasGreeted) {
      this.#awaitsGreeting?.[Symbol.dispose]();
      this.#client.on("data", (chunk: Buffer) => talk.heard(chunk));
      this.#passOn(upstream);
    }
    return heard.length === 0 || this.#toClient(heard.length, heard);
  };

  #misunderstood(error: unknown): void {
    this.#report("broken", toError(error));
    this.#client.destroy();
  }

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
    this.#upstream?.resume();
  };

  /** Bytes of either direction pass through the client's socket. */
  readonly #idle = (): void => {
    const connection = connectionOf(this.#client);
    if (connection !== undefined) this.#context.cut(connection, "idle");
    this.#client.destroy();
  };

  #unreachable(error: Error): void {
    this.#report(error instanceof UpstreamTimeout ? "timed-out" : "unreachable", error);
    this.#client.destroy();
  }

  readonly #upstreamFailed = (error: Error): void => this.#report("broken", error);

  /** A connection that did not come to its end must not look to the other side as if it had. */
  readonly #upstreamClosed = (): void => {
    const client = this.#client;
    if (client.destroyed) return;
    // What it still says is for nobody; unread, its end would not be noticed.
    if (this.#upstream !== undefined && isPassedOn(this.#upstream, client)) client.resume();
    else reset(client);
  };

  readonly #clientClosed = (): void => {
    this.#giveUp();
    this.#awaitsGreeting?.[Symbol.dispose]();
    const upstream = this.#upstream;
    if (this.#context.happenings.hears("relayed")) this.#relayed();
    if (upstream === undefined) return;
    if (isPassedOn(this.#client, upstream)) leave(upstream);
    else breakOff(upstream);
  };

  #relayed(): void {
    const { bytesRead: bytesIn, bytesWritten: bytesOut } = this.#client;
    const { config, happenings } = this.#context;
    const connection = connectionOf(this.#client);
    const durationMs = connection === undefined ? null : performance.now() - connection.startedAt;
    const about = ofConnection(config, connection);
    const reason = connection?.cutFor ?? null;
    happenings.tell({ type: "relayed", ...about, reason, bytesIn, bytesOut, durationMs });
  }

  #report(failure: UpstreamFailureKind, error: Error): void {
    const { config, happenings } = this.#context;
    if (!happenings.hears("upstream-failed")) return;
    const about = ofConnection(config, connectionOf(this.#client));
    happenings.tell({ type: "upstream-failed", ...about, failure, error });
  }
}

function upstreamTalk({ starttls }: ForwardingListener): UpstreamTalk | undefined {
  const rules = starttls === "none" ? undefined : STARTTLS_SERVERS[starttls].upstream;
  return rules && new UpstreamTalk(rules);
}

/** Ends it below TLS: without a close_notify, and with data on its way thrown away. */
function reset(client: TLSSocket): void {
  const transport = connectionOf(client)?.transport;
  if (transport instanceof Socket) breakOff(transport);
  else client.destroy();
}

/** The guard ends it; 'close' says all that is needed. */
function ignore(): void {}
