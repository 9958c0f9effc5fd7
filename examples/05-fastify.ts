// Fastify 5 on a server that knows its clients. Start it, then: curl -k --cert … --key … https://127.0.0.1:PORT/
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `fastify ${process.pid}`,
});

const identity = await serverIdentity();
const app = fastify({
  serverFactory: (handler) => {
    const server = createServer(identity, handler);
    guard(server, trust);
    return server;
  },
});
app.get("/", async (request, reply) => {
  const peer = peerOf(request.raw);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  return reply.type("text/plain").send(`Hello, ${peer?.name}: ${how}\n`);
});

await app.listen({ port: Number(process.env["PORT"] ?? 0), host: "127.0.0.1" });
console.log(`listening on https://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
