// A program: takes TLS connections with a key of its own, makes one to the real server with another key of its own (or
// the same), and passes on what is said. Prints its port and the pins it shows.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type ConnectionOptions, createServer } from "node:tls";
import { createIdentity } from "../../../src/x509/create-identity.ts";

const [port, keys] = process.argv.slice(2);
const now = new Date();
const towardsClient = await createIdentity({ name: "localhost", now });
const towardsServer = keys === "same" ? towardsClient : await createIdentity({ name: "anna", now });

const server = createServer({
  key: towardsClient.privateKeyPem,
  cert: towardsClient.certificatePem,
  requestCert: true,
  rejectUnauthorized: false,
  allowHalfOpen: true,
});
server.on("secureConnection", (client) => {
  const options: ConnectionOptions & { readonly allowHalfOpen: true } = {
    host: "127.0.0.1",
    port: Number(port),
    key: towardsServer.privateKeyPem,
    cert: towardsServer.certificatePem,
    rejectUnauthorized: false,
    allowHalfOpen: true,
  };
  const upstream = connect(options);
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.pipe(upstream).pipe(client);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port: own } = server.address() as AddressInfo;
process.stdout.write(
  `${JSON.stringify({ port: own, serverPin: towardsClient.facts.pin, clientPin: towardsServer.facts.pin })}\n`,
);
process.on("SIGTERM", () => process.exit(0));
