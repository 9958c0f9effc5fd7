// A TLS server in a process of its own, bare, guarded, tapped or observed: greets and ends, or sends as many bytes as it is asked for.
// Says its port, then on every message the CPU that it has used so far.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { guard } from "../src/guard/guard.ts";
import { observe } from "../src/guard/observe.ts";
import { tapServer } from "../src/guard/tap/tap-server.ts";
import { openStore } from "../src/store/open-store.ts";
import { Trust } from "../src/trust/trust.ts";

const [kind, store = "memory:", identity = ""] = process.argv.slice(2);
const CHUNK = Buffer.alloc(1024 * 1024, "handclasp ");

const pem = readFileSync(identity, "utf8");
const server = createServer({ key: pem, cert: pem, requestCert: true, rejectUnauthorized: false });
if (kind === "guarded") {
  const trust = new Trust(openStore(store), { now: Date.now, process: `bench ${process.pid}` });
  guard(server, trust);
}
/** Which part of the connections is traced. */
const SAMPLES = new Map([
  ["traced", 1],
  ["untraced", 0],
  ["sampled", 0.01],
]);
const sample = SAMPLES.get(kind ?? "");
if (sample !== undefined) observe(server, () => undefined, { sample });
if (kind === "tapped") {
  tapServer(server, { sample: 1, onConnection: () => hearNothing });
}
server.on("secureConnection", (socket) => {
  socket.on("error", () => undefined);
  socket.once("data", (asked) => answer(socket, Number(asked)));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit());
process.send?.((server.address() as AddressInfo).port);

function answer(socket: TLSSocket, megabytes: number): void {
  if (megabytes === 0) {
    socket.end("hello");
    return;
  }
  let left = megabytes;
  const send = (): void => {
    while (left-- > 0) if (!socket.write(CHUNK)) return void socket.once("drain", send);
    socket.end();
  };
  send();
}

function hearNothing(): void {}
