// A TLS server that knows its clients. Start it, then: openssl s_client -connect 127.0.0.1:PORT -cert … -key …
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `first-server ${process.pid}`,
});

const server = createServer(await serverIdentity(), (socket) => {
  const peer = peerOf(socket);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  socket.write(`Hello, ${peer?.name}: ${how}\n`);
  socket.pipe(socket);
});
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
