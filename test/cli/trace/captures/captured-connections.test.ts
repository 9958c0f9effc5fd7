import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CaptureStreams } from "../../../../src/capture/capture-streams.ts";
import { readCapture } from "../../../capture/support/read-capture.ts";
import { CapturedConnections } from "../../../../src/cli/trace/captures/captured-connections.ts";
import { TraceSecrets } from "../../../../src/cli/trace/captures/secrets.ts";
import type { TraceMessage } from "../../../../src/tls/observer/trace-message.ts";

/** Captures of OpenSSL and GnuTLS that lack something or hold something odd, with what tshark 4.0 reads in them. */
const FOLDER = join(import.meta.dirname, "../../../capture/files");

/** Packet, sender, then the types of its handshake messages in order; an alert as `!` with its description. */
const EXPECTED: Readonly<Record<string, string>> = {
  "no-syn": "1 client 1, 2 server 2 11 12 14, 3 client 16 20, 4 server 20 !0",
  "no-syn-download": "2 client 1, 3 server 2 8 11 15 20, 4 client 20, 6 server 4, 7 server 4",
  "reset-under-way": "4 client 1, 5 server 2, 7 server 11 14",
  "stray-reset": "4 client 1, 6 server 2 8 11 15 20 4, 7 client 20, 8 server !0",
  "client-only": "4 client 1, 5 client 11 16 15",
  "server-only": "4 server 2 11 12 14",
  "proxy-header": "5 client 1, 6 server 2",
  pppoe: "4 client 1, 5 server 2",
  "raw-public-key-tls12": "4 client 1, 6 server 2 11 12 13 14, 8 client 11 16 20, 9 server !50",
  "raw-public-key-tls13": "4 client 1, 6 server 2, 8 server 8 13 11 15 20, 12 client 11 20, 14 server !116",
};

const ALERT = 21;
const HANDSHAKE = 22;

interface Heard {
  readonly messages: readonly TraceMessage[];
  readonly malformed: readonly string[];
}

function hear(name: string): Heard {
  const secrets = new TraceSecrets();
  const keys = join(FOLDER, `${name}.keys`);
  if (existsSync(keys)) secrets.addFile(keys);
  const messages: TraceMessage[] = [];
  const malformed: string[] = [];
  const reading = new CapturedConnections({
    secrets,
    writerFor: () => ({
      message: (message) => void messages.push(message),
      problem: ({ kind, message }) => void (kind === "malformed" && malformed.push(message)),
    }),
  });
  const streams = new CaptureStreams((event) => reading.event(event));
  for (const packet of readCapture(readFileSync(join(FOLDER, `${name}.pcap`))).packets)
    streams.packet(packet);
  streams.end();
  return { messages, malformed };
}

function describeMessages(messages: readonly TraceMessage[]): string {
  const lines: string[] = [];
  let last = "";
  for (const { contentType, messageType, direction, packet } of messages) {
    if (contentType !== HANDSHAKE && contentType !== ALERT) continue;
    const from = `${packet} ${direction === "read" ? "client" : "server"}`;
    const what = `${contentType === ALERT ? "!" : ""}${messageType}`;
    if (from === last) lines.push(`${lines.pop()} ${what}`);
    else lines.push(`${from} ${what}`);
    last = from;
  }
  return lines.join(", ");
}

describe("a capture from elsewhere", () => {
  for (const [name, expected] of Object.entries(EXPECTED))
    it(`has the messages that tshark finds: ${name}`, () => {
      const { messages, malformed } = hear(name);
      assert.equal(describeMessages(messages), expected);
      assert.deepEqual(malformed, []);
    });

  for (const version of ["tls12", "tls13"])
    it(`has raw public keys as what they are, and a client with none to show: ${version}`, () => {
      const { messages } = hear(`raw-public-key-${version}`);
      const keys = messages.flatMap(({ parsed }) => (parsed?.name === "certificate" ? [parsed.message] : []));
      assert.deepEqual(
        keys.map(({ publicKey, entries }) => [publicKey?.length, entries.length]),
        [
          [91, 0],
          [undefined, 0],
        ],
      );
    });
});
