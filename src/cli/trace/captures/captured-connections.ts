import type { Connection, TcpEvent } from "../../../capture/tcp/connection.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import { ConnectionTrace } from "../connection/connection-trace.ts";
import type { ConnectionWriter } from "../connection/connection-writer.ts";
import type { TraceSecrets } from "./secrets.ts";

export interface CapturedConnectionsOptions {
  readonly secrets: TraceSecrets;
  readonly writerFor: (connection: TracedConnection) => ConnectionWriter;
  /** Whether the writers are to hear what each connection came to. */
  readonly explains?: boolean;
}

/** The connections of a capture while it is being read, each the way its server saw it. */
export class CapturedConnections {
  readonly #open = new Map<Connection, ConnectionTrace>();
  readonly #options: CapturedConnectionsOptions;
  #undecryptable = 0;
  count = 0;
  withTls = 0;
  /** Connections that were told undecrypted, and after them secrets came. */
  tooEarly = 0;

  constructor(options: CapturedConnectionsOptions) {
    this.#options = options;
  }

  /** Secrets that came behind packets. */
  secrets(keyLog: string): void {
    this.tooEarly = this.#undecryptable;
    this.#options.secrets.add(keyLog);
  }

  event(event: TcpEvent): void {
    const { connection } = event;
    const trace = this.#open.get(connection) ?? this.#begin(connection);
    trace.event(event);
    if (event.kind !== "close") return;
    this.#open.delete(connection);
    if (trace.isTls) this.withTls += 1;
    if (trace.isUndecryptable) this.#undecryptable += 1;
  }

  #begin(connection: Connection): ConnectionTrace {
    const { secrets, writerFor, explains = false } = this.#options;
    const { id, client, server, fromStart } = connection;
    const traced = { id: String(id), side: "server", client, server, isHeadless: !fromStart } as const;
    const follow: TraceSecrets["follow"] = (random, onSecret) => secrets.follow(random, onSecret);
    const ofSession = (sessionId: Uint8Array): Uint8Array | undefined => secrets.ofSession(sessionId);
    const trace = new ConnectionTrace(traced, writerFor(traced), {
      explains,
      follow,
      ofSession,
      isLive: false,
    });
    this.#open.set(connection, trace);
    this.count += 1;
    return trace;
  }
}
