import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readCapture, readStreams } from "./support/read-capture.ts";
import type { TcpEvent } from "../../src/capture/tcp/connection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { converse, LiveTls, observe } from "./support/live-tls.ts";
import { cannotCapture, LoopbackCapture } from "./support/programs.ts";
import { shapeOf, textOf } from "./support/segments.ts";
import { PATIENCE_MS } from "../support/patience.ts";

interface RealCapture {
  readonly program: "tcpdump" | "dumpcap";
  readonly options: readonly string[];
  readonly format: "pcap" | "pcapng";
  readonly linkType: number;
}

/** On loopback tcpdump sees Ethernet; `-i any` gives Linux cooked packets, each of them twice. */
const CAPTURES: readonly RealCapture[] = [
  { program: "tcpdump", options: [], format: "pcap", linkType: 1 },
  { program: "tcpdump", options: ["--time-stamp-precision=nano"], format: "pcap", linkType: 1 },
  { program: "tcpdump", options: ["-i", "any", "-y", "LINUX_SLL"], format: "pcap", linkType: 113 },
  { program: "tcpdump", options: ["-i", "any", "-y", "LINUX_SLL2"], format: "pcap", linkType: 276 },
  { program: "dumpcap", options: ["-P"], format: "pcap", linkType: 1 },
  { program: "dumpcap", options: ["-n"], format: "pcapng", linkType: 1 },
];

const CONVERSATIONS = 4;

/** Programs that capture write what they saw a while later: reads the file until so many connections closed. */
async function readWhenClosed(file: string, connections: number): Promise<readonly TcpEvent[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const events = [...readStreams(readCapture(readFileSync(file)))];
    const closed = events.filter((event) => event.kind === "close" && event.reason === "finished");
    if (closed.length === connections || performance.now() > deadline) return events;
    await setTimeout(50);
  }
}

async function captureConversations(real: RealCapture, folder: string): Promise<void> {
  await using server = await LiveTls.listen({ version: "TLSv1.3", answer: Buffer.alloc(300_000, "answer") });
  const sent: Record<"client" | "server", string>[] = [];
  const port = await observe(server.port, () => {
    const one = { client: "", server: "" };
    sent.push(one);
    return {
      open: () => undefined,
      data: (sender, bytes) => (one[sender] += Buffer.from(bytes).toString("latin1")),
      finish: () => undefined,
    };
  });
  const file = join(folder, `${real.program}${real.options.join("")}.cap`);
  const running = await LoopbackCapture.begin(real.program, file, port, real.options);
  const began = Date.now();
  let events: readonly TcpEvent[] = [];
  // One after the other: what nobody read yet has room in the kernel for not much more than one.
  for (let count = 1; count <= CONVERSATIONS; count++) {
    await converse(port);
    events = await readWhenClosed(file, count);
  }
  await running.end();

  for (const [index, one] of sent.entries()) {
    const own = events.filter(({ connection }) => connection.id === index + 1);
    assert.equal(own[0]?.connection.server.port, port);
    // Not the texts themselves: a difference would print megabytes.
    for (const sender of ["client", "server"] as const)
      assert.equal(hash("sha256", textOf(own, sender)), hash("sha256", one[sender]), sender);
    assert.equal(shapeOf(own).at(-1), "close:finished");
  }
  const capture = readCapture(readFileSync(file));
  assert.equal(capture.format, real.format);
  assert.equal(capture.end.state, "complete");
  assert.ok(capture.packets.every(({ linkType }) => linkType === real.linkType));
  const ended = Date.now();
  assert.ok(capture.packets.every(({ timeMs = 0 }) => timeMs > began - 60_000 && timeMs < ended + 60_000));
}

describe("real captures", () => {
  const folder = temporaryFolder();
  for (const real of CAPTURES) {
    const name = `by ${real.program} ${real.options.join(" ")} give the bytes that passed`;
    it(name, { skip: cannotCapture(real.program) }, () => captureConversations(real, folder));
  }
});
