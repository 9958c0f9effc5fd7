// The services behind the gateway, in the process that also plays the clients, so that both counts are at hand.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { WebSocketServer } from "ws";
import type { Counts } from "./counts.ts";

export interface Upstreams {
  readonly tcp: number;
  readonly http: number;
}

/** TCP that echoes; HTTP that answers with the request's body; WebSockets that echo. Counts what arrives. */
export async function startUpstreams(counts: Counts): Promise<Upstreams> {
  const tcp = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    counts.connections.upstream += 1;
    socket.on("error", () => undefined);
    socket.on("data", (data) => (counts.bytes.upstream += data.length));
    socket.pipe(socket);
  });
  const http = createHttpServer((request, response) => {
    counts.requests.upstream += 1;
    response.writeHead(200, { "x-peer": request.headers["handclasp-peer"] ?? "" });
    request.pipe(response);
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (message, binary) => {
      counts.messages.upstream += 1;
      socket.send(message, { binary });
    });
  });
  tcp.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }).unref();
  http.listen(0, "127.0.0.1").unref();
  await Promise.all([once(tcp, "listening"), once(http, "listening")]);
  return { tcp: (tcp.address() as AddressInfo).port, http: (http.address() as AddressInfo).port };
}
