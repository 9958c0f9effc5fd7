// What stands behind every proxy of the comparison, in a process of its own: says its two ports, TCP and HTTP.
//
// TCP: what is sent comes back; but a connection that begins with `D<bytes>\n` gets so many bytes and is ended, one that
// begins with `U<bytes>\n` is told `ok` when so many came.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";

const CHUNK = Buffer.alloc(256 * 1024, "handclasp ");
const BODY = Buffer.alloc(1024, "x");

const tcp = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.once("data", (first) => {
    const [, direction, count] = /^([DU])(\d+)\n/.exec(first.toString("latin1", 0, 32)) ?? [];
    if (direction === "D") send(socket, Number(count));
    else if (direction === "U") receive(socket, Number(count) - (first.length - first.indexOf("\n") - 1));
    else {
      socket.write(first);
      socket.on("data", (data) => socket.write(data));
    }
  });
});
tcp.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
await once(tcp, "listening");

const http = createHttpServer({ keepAliveTimeout: 600_000 }, (_request, response) => {
  response.writeHead(200, { "content-type": "text/plain", "content-length": BODY.length });
  response.end(BODY);
});
http.listen(0, "127.0.0.1");
await once(http, "listening");

process.on("disconnect", () => process.exit());
process.send?.({
  tcp: (tcp.address() as AddressInfo).port,
  http: (http.address() as AddressInfo).port,
});

function send(socket: Socket, count: number): void {
  let left = count;
  const go = (): void => {
    while (left > 0) {
      const chunk = left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
      left -= chunk.length;
      if (!socket.write(chunk)) return void socket.once("drain", go);
    }
    socket.end();
  };
  go();
}

function receive(socket: Socket, count: number): void {
  let left = count;
  const done = (): void => void socket.end("ok");
  if (left <= 0) return done();
  socket.on("data", (data) => {
    left -= data.length;
    if (left <= 0) done();
  });
}
