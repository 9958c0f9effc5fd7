// Socket.IO on a server that knows its clients. Start it, then connect to https://127.0.0.1:PORT/ with a certificate
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { guard, openStore, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `socket-io ${process.pid}`,
});

const server = createServer(await serverIdentity());
guard(server, trust);

// Over long polling a session would be many connections, and whoever knows its id would be in it.
const io = new Server(server, { transports: ["websocket"] });
io.on("connection", (socket) => {
  const peer = peerOf(socket.request);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  socket.emit("greeting", `Hello, ${peer?.name}: ${how}\n`);
});

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
