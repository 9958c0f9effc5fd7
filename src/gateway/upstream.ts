import { createConnection, type OnReadOpts, type Socket } from "node:net";
import type { Upstream } from "./config/config.ts";

/**
 * Opens a connection to where a listener's clients are taken. Errors come as events of the socket; what it sends comes
 * by `onread`.
 */
export function connectUpstream(to: Upstream, onread: OnReadOpts): Socket {
  if (to.kind === "unix") return createConnection({ path: to.path, allowHalfOpen: true, onread });
  const { host, port } = to.address;
  return createConnection({ host, port, allowHalfOpen: true, noDelay: true, onread });
}
