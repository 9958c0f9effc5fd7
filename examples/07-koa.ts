// Koa on a server that knows its clients. Start it, then: curl -k --cert … --key … https://127.0.0.1:PORT/
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `koa ${process.pid}`,
});

const app = new Koa();
app.use((context) => {
  const peer = peerOf(context.req);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  context.body = `Hello, ${peer?.name}: ${how}\n`;
});

const handle = app.callback();
const server = createServer(await serverIdentity(), (request, response) => void handle(request, response));
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
