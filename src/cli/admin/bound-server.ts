import type { Server, ServerOptions } from "node:http";

/** How long a client may take to ask. Streams are asked for once, and go on. */
export const TIME_TO_ASK: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 1000,
};

/** More than all pages together need; what else the process serves has the other descriptors. */
const MOST_CONNECTIONS = 1000;
/** Streams say something every 15 s, and nothing takes longer to answer. */
const STALLED_MS = 120_000;

/** Bounds what is held by those who hold connections, and do nothing with them. */
export function boundServer(server: Pick<Server, "maxConnections" | "timeout">): void {
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = STALLED_MS;
}
