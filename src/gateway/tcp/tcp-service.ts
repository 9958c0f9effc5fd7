import { createServer, type Server, type TLSSocket } from "node:tls";
import { TcpRelay } from "./tcp-relay.ts";
import type { ForwardingListener } from "../config/config.ts";
import type { Service, ServiceContext } from "../service/service.ts";

/** Mode `tcp`: each connection gets one of its own to the upstream, and bytes are passed on as they are. */
export function createTcpService(context: ServiceContext<ForwardingListener>): Service {
  const server: Server = createServer(context.tls);
  server.on("secureConnection", (client: TLSSocket) => void new TcpRelay(client, context));
  return {
    server,
    rejudge: () => undefined,
    // Only the two ends know when they are done with each other.
    drain: () => undefined,
    expire: () => false,
    close: () => undefined,
  };
}
