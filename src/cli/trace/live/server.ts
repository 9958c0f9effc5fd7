import type { Duplex } from "node:stream";
import type { Server } from "node:tls";
import { tapServer } from "../../../guard/tap/tap-server.ts";
import { type EventLog, named } from "../../log/event-log.ts";
import { endpointsOf } from "../connection/endpoints.ts";
import type { TraceOutput } from "./output.ts";

/**
 * Traces every connection of a server, and logs where each came from: what is traced names it by its id only. Returns
 * how to end those that are open.
 */
export function traceServer(
  server: Server,
  output: TraceOutput,
  log: EventLog,
  listener?: string | null,
): () => void {
  const open = new Set<Duplex>();
  tapServer(server, {
    sample: 1,
    onConnection({ id, transport }) {
      open.add(transport);
      transport.on("close", () => open.delete(transport));
      const { local, remote } = endpointsOf(transport);
      const { address, port } = remote;
      log.write({ event: "traced", ...named(listener), connection: id, address, port });
      return output.trace({ id, side: "server", client: remote, server: local, ...named(listener) });
    },
  });
  return () => {
    for (const transport of open) transport.destroy();
  };
}
