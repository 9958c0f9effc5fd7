import type { AddressInfo, Server } from "node:net";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import { cannotListen } from "../../gateway/listening/cannot-listen.ts";

/** Listens where it was asked to; returns the address with the port that port 0 picked. */
export async function listen(server: Server, wanted: ServerAddress): Promise<ServerAddress> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(wanted.port, wanted.host, resolve);
  try {
    await promise;
  } catch (error) {
    throw cannotListen(wanted, error);
  } finally {
    server.off("error", reject);
  }
  return { host: wanted.host, port: (server.address() as AddressInfo).port };
}

/** The signal that asks to stop. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}
