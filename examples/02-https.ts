// An HTTPS server that knows its clients. Start it, then: curl -k --cert … --key … https://127.0.0.1:PORT/
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `https ${process.pid}`,
});

const server = createServer(await serverIdentity(), (request, response) => {
  const peer = peerOf(request);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  response.end(`Hello, ${peer?.name}: ${how}\n`);
});
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
