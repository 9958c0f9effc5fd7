import type { Server } from "node:tls";
import type { GatewayEvent, OnGatewayEvent } from "../gateway/gateway-event.ts";
import { logClients, type ServeLog } from "./serve-log.ts";

/** Writes what a gateway does, and what its guards decide, to the log. */
export function logGateway(log: ServeLog): OnGatewayEvent {
  const stops = new Map<Server, () => void>();
  return (event) => {
    switch (event.type) {
      case "server-opened": {
        const { server } = event;
        stops.set(server, logClients({ server, log, printCertificate: false, onRenewed: () => undefined }));
        break;
      }
      case "server-closed":
        stops.get(event.server)?.();
        stops.delete(event.server);
        break;
      case "upstream-failed":
        logUpstreamFailed(log, event);
        break;
    }
  };
}

function logUpstreamFailed(
  log: ServeLog,
  { listener, connection, problem, error }: Extract<GatewayEvent, { type: "upstream-failed" }>,
): void {
  log.write({
    event: "upstream-failed",
    listener: listener.name,
    problem,
    message: error.message,
    connection: connection?.id ?? null,
  });
}
