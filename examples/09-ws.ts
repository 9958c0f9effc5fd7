// WebSockets on a server that knows its clients. Start it, then connect to wss://127.0.0.1:PORT/ with a certificate
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `ws ${process.pid}`,
});

const server = createServer(await serverIdentity());
guard(server, trust);

const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (webSocket, request) => {
  const peer = peerOf(request);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  webSocket.on("error", (error) => console.error(`${peer?.name}: ${error.message}`));
  webSocket.send(`Hello, ${peer?.name}: ${how}\n`);
});

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
