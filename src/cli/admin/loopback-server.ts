import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Admin } from "../../admin/admin.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";
import { isLoopback } from "../../trust/network/is-loopback.ts";
import { boundServer, TIME_TO_ASK } from "./bound-server.ts";
import { listen } from "../process/listen.ts";

/** Serves the page without TLS to this machine, and to no other. */
export class LoopbackServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Throws ERR_HANDCLASP_OPTION for an address that others reach. `toAdmin` gets what the server is called. */
  static async open(
    wanted: ServerAddress,
    toAdmin: (address: ServerAddress, hosts: readonly string[]) => Admin,
  ): Promise<LoopbackServer> {
    if (!isLoopback(wanted.host)) throw reachable(wanted);
    const { promise: admin, resolve } = Promise.withResolvers<Admin>();
    const answer = getRequestListener(async (request, env) => (await admin).fetch(request, env), {
      overrideGlobalObjects: false,
    });
    const server = createServer(TIME_TO_ASK, (request, response) => void answer(request, response));
    boundServer(server);
    const address = await listen(server, wanted);
    // A name is whatever the machine takes it for.
    if (!isLoopback((server.address() as AddressInfo).address)) {
      server.close();
      throw reachable(wanted);
    }
    const names = new Set([address.host, "127.0.0.1", "localhost", "::1"]);
    resolve(
      toAdmin(
        address,
        Array.from(names, (host) => formatServerAddress({ host, port: address.port })),
      ),
    );
    return new LoopbackServer(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

function reachable(address: ServerAddress): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `${formatServerAddress(address)} can be reached from elsewhere, and this has no TLS`,
    { hint: "listen on 127.0.0.1; from elsewhere the page is that of a gateway with an [admin] table" },
  );
}
