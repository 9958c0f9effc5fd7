import type { ClientRequest } from "node:http";
import { Agent, type AgentOptions, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { HandclaspError } from "../errors.ts";
import type { ClientOptions } from "./connect-options.ts";
import { toKeyId } from "../trust/key-id.ts";
import { escapeText } from "../trust/peer-name.ts";
import { connectVerified, type VerifiedSocket } from "./connect.ts";
import { JudgedConnections } from "./judged-connections.ts";
import { formatServerAddress, type ServerAddress } from "./server-address.ts";
import { SessionCache } from "./session-cache.ts";

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

/** What `Agent` calls and its types do not have. */
interface RequestAdder {
  addRequest(request: ClientRequest, options: RequestOptions): void;
}

type OnConnection = (error: Error | null, socket: Duplex) => void;
type OnFailure = (error: unknown) => void;

const OTHERS_IDENTITY = ["cert", "key", "passphrase", "pfx"] as const;
const NODES_AGENT = Agent.prototype as unknown as RequestAdder;

/**
 * An agent for `https.request`, and for what takes one (`ws`, …): each server is known or met as by `connect()`, before
 * a byte of a request goes out, and again before a connection is used again. A request fails with
 * ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT, or with ERR_HANDCLASP_OPTION if it brings an identity of its own.
 */
export function httpsAgent(options: ClientOptions, pool: HttpsPoolOptions = {}): Agent {
  return new VerifyingAgent(options, pool);
}

class VerifyingAgent extends Agent implements RequestAdder {
  readonly #client: ClientOptions;
  readonly #connections: JudgedConnections;
  #destroyed = new AbortController();

  constructor(client: ClientOptions, pool: HttpsPoolOptions) {
    super({ keepAlive: true, ...pool, maxCachedSessions: 0 });
    this.#client = { sessions: new SessionCache(), ...client };
    this.#connections = new JudgedConnections(client.knownServers, endDistrusted);
  }

  addRequest(request: ClientRequest, options: RequestOptions): void {
    this.#connections.endDistrusted(formatServerAddress(addressOf(options)));
    NODES_AGENT.addRequest.call(this, request, options);
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

function endDistrusted({ socket, address, facts }: VerifiedSocket): void {
  // Node's agent lets go of a socket when it is told so (`http.Agent`), and else would hand it out until it has closed.
  socket.emit("agentRemove");
  socket.destroy(
    new HandclaspError(
      "ERR_HANDCLASP_REFUSED",
      `the key of ${escapeText(address)} is no longer trusted here\n  it showed    ${toKeyId(facts.pin)}`,
      { details: { address, pin: facts.pin } },
    ),
  );
}

function addressOf({ host, port, defaultPort }: RequestOptions): ServerAddress {
  return { host: host ?? "localhost", port: Number(port ?? defaultPort ?? 443) };
}
