import type { Duplex } from "node:stream";
import type { Server } from "node:tls";
import { tapServer } from "../../guard/tap-server.ts";
import type { EventLog } from "../serve/log.ts";
import { endpointsOf } from "./endpoints.ts";
import type { TraceOutput } from "./output.ts";

/**
 * Traces every connection of a server, and logs where each came from: what is traced names it by its id only. Returns
 * how to end those that are open.
 */
export function traceServer(server: Server, output: TraceOutput, log: EventLog): () => void {
  const open = new Set<Duplex>();
  tapServer(server, {
    sample: 1,
    onConnection({ id, transport }) {
      open.add(transport);
      transport.on("close", () => open.delete(transport));
      const { local, remote } = endpointsOf(transport);
      log.write({ event: "traced", connection: id, address: remote.address, port: remote.port });
      return output.trace({ id, side: "server", client: remote, server: local });
    },
  });
  return () => {
    for (const transport of open) transport.destroy();
  };
}
