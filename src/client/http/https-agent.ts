import type { ClientRequest } from "node:http";
import { Agent, type AgentOptions, type RequestOptions } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { ANYTHING, checkOptions, type OptionRules } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import { checkClientOptions } from "../connection/check-client-options.ts";
import type { ClientOptions } from "../connection/connect-options.ts";
import { connectVerified } from "../connection/connect.ts";
import { JudgedConnections } from "./judged-connections.ts";
import { formatServerAddress, type ServerAddress } from "../servers/server-address.ts";
import { SessionCache } from "../connection/session-cache.ts";

/** How Node's agent pools connections; `keepAlive` is on by default. Nothing about TLS: that is `ClientOptions`. */
export type HttpsPoolOptions = Pick<
  AgentOptions,
  | "keepAlive"
  | "keepAliveMsecs"
  | "maxFreeSockets"
  | "maxSockets"
  | "maxTotalSockets"
  | "scheduling"
  | "timeout"
>;

const POOL: OptionRules<HttpsPoolOptions> = {
  keepAlive: ANYTHING,
  keepAliveMsecs: ANYTHING,
  maxFreeSockets: ANYTHING,
  maxSockets: ANYTHING,
  maxTotalSockets: ANYTHING,
  scheduling: ANYTHING,
  timeout: ANYTHING,
};

/** What `Agent` calls and its types do not have. */
interface AgentInside {
  addRequest(request: ClientRequest, options: RequestOptions): void;
  createSocket(request: ClientRequest, options: RequestOptions, onConnection: OnConnection): void;
  removeSocket(socket: Socket, options: RequestOptions): void;
  /** By `getName()`. */
  readonly sockets: Record<string, Socket[]>;
  totalSocketCount: number;
  /** Those that wait for a connection, by `getName()`. */
  readonly requests: Record<string, QueuedRequest[]>;
}

type QueuedRequest = ClientRequest & { onSocket(socket: null, error: Error): void };
type OnConnection = (error: Error | null, socket: Duplex) => void;
type OnFailure = (error: unknown) => void;

const OTHERS_IDENTITY = ["cert", "key", "passphrase", "pfx"] as const;
const NODES_AGENT = Agent.prototype as unknown as AgentInside;

/**
 * An agent for `https.request`, and for what takes one (`ws`, …): each server is known or met as by `connect()`, before
 * a byte of a request goes out, and again before a connection is used again. A request fails with
 * ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT, or with ERR_HANDCLASP_OPTION if it brings an identity of its own.
 */
export function httpsAgent(options: ClientOptions, pool: HttpsPoolOptions = {}): Agent {
  checkClientOptions("httpsAgent()", options);
  checkOptions("the pool of httpsAgent()", pool, POOL);
  return new VerifyingAgent(options, pool);
}

class VerifyingAgent extends Agent {
  readonly #client: ClientOptions;
  readonly #connections: JudgedConnections;
  #destroyed = new AbortController();

  constructor(client: ClientOptions, pool: HttpsPoolOptions) {
    super({ keepAlive: true, ...pool, maxCachedSessions: 0 });
    this.#client = { sessions: new SessionCache(), ...client };
    this.#connections = new JudgedConnections(client.knownServers, end);
    // Before Node's own listener, which hands it on to the request that waits longest.
    this.prependListener("free", (socket: TLSSocket) => this.#connections.endIfDistrusted(socket));
  }

  addRequest(request: ClientRequest, options: RequestOptions): void {
    this.#connections.endDistrusted(formatServerAddress(addressOf(options)));
    NODES_AGENT.addRequest.call(this, request, options);
  }

  /**
   * Node counts a connection once it is made: what holds its place until then keeps the pool within its limits. Without
   * one all that wait for it fail: Node tells one of them only, and leaves the others waiting.
   */
  createSocket(request: ClientRequest, options: RequestOptions, onConnection: OnConnection): void {
    const inside = this as unknown as AgentInside;
    const name = this.getName(options);
    const place = new Socket();
    (inside.sockets[name] ??= []).push(place);
    inside.totalSocketCount += 1;
    NODES_AGENT.createSocket.call(this, request, options, (error, socket) => {
      inside.totalSocketCount -= 1;
      const others = (inside.sockets[name] ?? []).filter((one) => one !== place);
      if (others.length > 0) inside.sockets[name] = others;
      const waiting = error === null || others.length > 0 ? [] : this.#takeWaiting(name);
      onConnection(error, socket);
      for (const one of waiting) if (error !== null && one !== request) one.onSocket(null, error);
      // It was the only one: now those may have their turn that wait for another server.
      if (others.length === 0) NODES_AGENT.removeSocket.call(this, place, options);
    });
  }

  /** Answers by `onConnection`: there is no socket to hand out before the server was judged. */
  override createConnection(
    options: RequestOptions,
    onConnection: OnConnection = () => undefined,
  ): undefined {
    void this.#connect(options, onConnection);
  }

  override destroy(): void {
    this.#destroyed.abort(new HandclaspError("ERR_HANDCLASP_CONNECT", "the agent was destroyed"));
    this.#destroyed = new AbortController();
    super.destroy();
  }

  /** Those that wait for a connection to a server, which none will be free for. */
  #takeWaiting(name: string): readonly QueuedRequest[] {
    const { requests } = this as unknown as AgentInside;
    const waiting = requests[name] ?? [];
    delete requests[name];
    return waiting;
  }

  async #connect(options: RequestOptions, onConnection: OnConnection): Promise<void> {
    let socket: TLSSocket;
    try {
      socket = await this.#open(options);
    } catch (error) {
      (onConnection as OnFailure)(error);
      return;
    }
    onConnection(null, socket);
  }

  async #open(options: RequestOptions): Promise<TLSSocket> {
    const own = OTHERS_IDENTITY.find((name) => options[name] !== undefined && options[name] !== null);
    if (own !== undefined) {
      throw new HandclaspError(
        "ERR_HANDCLASP_OPTION",
        `a request of this agent cannot bring its own ${own}`,
        {
          hint: "make another agent for another identity: httpsAgent({ identity, knownServers })",
        },
      );
    }
    const { socketPath, servername, timeout, ALPNProtocols } = options as RequestOptions & Protocols;
    const { signal } = this.#destroyed;
    const connection = await connectVerified({
      alpnProtocols: ALPNProtocols ?? ["http/1.1"],
      ...(servername !== undefined && { servername }),
      ...this.#client,
      ...addressOf(options),
      ...(typeof socketPath === "string" && { socketPath }),
      signal,
    });
    const socket = this.#connections.add(connection);
    socket.setNoDelay(true);
    if (timeout !== undefined) socket.setTimeout(timeout);
    return socket;
  }
}

/** What `tls.connect()` takes, and requests pass through. */
interface Protocols {
  readonly ALPNProtocols?: readonly string[];
}

function end(socket: TLSSocket, error: HandclaspError): void {
  // Nobody listens to one that goes from one request to the next.
  socket.on("error", () => undefined);
  // Node's agent lets go of a socket when it is told so (`http.Agent`), and else would hand it out until it has closed.
  socket.emit("agentRemove");
  socket.destroy(error);
}

function addressOf({ host, port, defaultPort }: RequestOptions): ServerAddress {
  return { host: host ?? "localhost", port: Number(port ?? defaultPort ?? 443) };
}
