import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Both ends of a connection. */
export async function openPair(): Promise<readonly [client: Socket, accepted: Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepting = once(server, "connection") as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = await accepting;
  server.close();
  return [client, accepted];
}
