// Sockets that never come to the end of a ClientHello, in a process of their own and each from an address of its own: half
// of them say nothing, the others a byte a second. Those that the gateway gives up come back within a second.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import process from "node:process";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const AT_ONCE = 100;
const sockets: (Socket | undefined)[] = Array.from({ length: count });
let opened = 0;

async function fill(): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const batch: Promise<unknown>[] = [];
    for (let at = first; at < Math.min(first + AT_ONCE, count); at++) {
      if (sockets[at]?.destroyed !== false) batch.push(open(at));
    }
    await Promise.all(batch);
  }
}

function open(at: number): Promise<unknown> {
  const localAddress = `127.2.${(at >> 8) & 255}.${at & 255}`;
  const socket = createConnection({ port, host: "127.0.0.1", localAddress }).on("error", () => undefined);
  sockets[at] = socket;
  opened += 1;
  return Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
}

process.on("disconnect", () => process.exit());
await fill();
process.send?.(opened);
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // A handshake record, and 0x0303 for the version and the length: it would have 771 bytes.
  for (let at = 0; at < count; at += 2) if (sockets[at]?.destroyed === false) sockets[at]?.write("\u0003");
  await fill();
}
