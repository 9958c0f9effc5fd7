import { type Home, startServer } from "./serve.ts";
import { type ClientFiles, openssl } from "./tls-clients.ts";

/** Has `trace listen` write a capture of a TLS 1.3 connection and a TLS 1.2 one by `openssl s_client`, to its end. */
export async function recordHandshakes(
  home: Home,
  file: string,
  client: ClientFiles,
  offers: readonly string[] = [],
): Promise<void> {
  // The last packets are written when it ends.
  await using server = await startServer(home, ["trace", "listen", "--format", "pcapng", "--output", file]);
  for (const flag of ["-tls1_3", "-tls1_2"]) await openssl(server.port, client, "Ada\n", flag, ...offers);
}
