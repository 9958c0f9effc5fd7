import { createServer, type TLSSocket } from "node:tls";
import { connectionOf } from "../../guard/connection/peer-of.ts";
import type { Service, ServiceContext } from "../service/service.ts";
import { greet } from "./greet.ts";

/** Mode `greet`: reads a line of each client, and answers it. */
export function createGreeter({ tls, cut }: Pick<ServiceContext, "tls" | "cut">): Service {
  const server = createServer(tls);
  server.on("secureConnection", (socket: TLSSocket) =>
    greet(socket, () => {
      const connection = connectionOf(socket);
      if (connection !== undefined) cut(connection, "idle");
    }),
  );
  return {
    server,
    rejudge: () => undefined,
    // A greeting is over soon.
    drain: () => undefined,
    expire: () => false,
    close: () => undefined,
  };
}
