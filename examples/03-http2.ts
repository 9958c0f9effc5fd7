// An HTTP/2 server that knows its clients. Start it, then: curl -k --http2 --cert … --key … https://127.0.0.1:PORT/
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `http2 ${process.pid}`,
});

const server = createSecureServer({ ...(await serverIdentity()), allowHTTP1: true }, (request, response) => {
  const peer = peerOf(request);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  response.end(`Hello, ${peer?.name}: ${how}\n`);
});
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
