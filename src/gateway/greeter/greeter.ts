import { createServer } from "node:tls";
import type { Service, ServiceContext } from "../service/service.ts";
import { greet } from "./greet.ts";

/** Mode `greet`: reads a line of each client, and answers it. */
export function createGreeter({ tls }: Pick<ServiceContext, "tls">): Service {
  const server = createServer(tls);
  server.on("secureConnection", greet);
  return {
    server,
    rejudge: () => undefined,
    // A greeting is over soon.
    drain: () => undefined,
    expire: () => false,
    close: () => undefined,
  };
}
