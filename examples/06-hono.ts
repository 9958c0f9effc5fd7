// Hono on a server that knows its clients. Start it, then: curl -k --cert … --key … https://127.0.0.1:PORT/
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `hono ${process.pid}`,
});

const app = new Hono<{ Bindings: HttpBindings }>();
app.get("/", (context) => {
  const peer = peerOf(context.env.incoming);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  return context.text(`Hello, ${peer?.name}: ${how}\n`);
});

const serverOptions = await serverIdentity();
const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions }) as Server;
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
