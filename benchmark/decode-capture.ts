// How long it takes to decode a capture of full TLS 1.3 handshakes: tshark and the built command line as whole
// processes, in turn, on the same file and key log; and the decoding alone, in a process that has warmed up.
//
//     node benchmark/decode-capture.ts [--handshakes 2000] [--answer-bytes 9] [--rounds 9] [--keep FOLDER]
//
// With --handshakes 5000 --answer-bytes 195000 it is a capture of 1 GB. `peakMb` is the command's, where GNU time is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CaptureStreams } from "../src/capture/capture-streams.ts";
import { CapturedConnections } from "../src/cli/trace/captures/captured-connections.ts";
import { openInput } from "../src/cli/trace/captures/capture-input.ts";
import { readInput } from "../src/cli/trace/captures/read-input.ts";
import { TraceSecrets } from "../src/cli/trace/captures/secrets.ts";
import { CONTENT_TYPE } from "../src/tls/code-points/content-type.ts";
import { type HandshakeCapture, makeHandshakeCapture } from "./handshake-capture.ts";
import { median } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    handshakes: { type: "string", default: "2000" },
    "answer-bytes": { type: "string", default: "9" },
    rounds: { type: "string", default: "9" },
    keep: { type: "string" },
  },
});
const HANDSHAKES = Number(values.handshakes);
const ROUNDS = Number(values.rounds);
/** Of a full handshake with the client's certificate and two tickets. RFC 8446 §2. */
const MESSAGES = 12;

const DIST = resolve(import.meta.dirname, "../dist");
if (!existsSync(DIST))
  spawnSync("npm", ["run", "-s", "build"], { cwd: resolve(DIST, ".."), stdio: "inherit" });
const hasTshark = spawnSync("tshark", ["--version"]).status === 0;

/** Milliseconds that a whole process takes; its output is thrown away. */
function wholeProcess(command: string, args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
  return performance.now() - started;
}

/** The most memory that a whole process had, in MB; null without GNU time. */
function peakMb(command: string, args: readonly string[]): number | null {
  const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%M", command, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  return status === 0 ? Math.round(Number(stderr.trim().split("\n").at(-1)) / 1024) : null;
}

/** Milliseconds from the file to all messages, parsed. Throws unless it was every handshake message of every handshake. */
async function decode({ file, keyLog, handshakes }: HandshakeCapture): Promise<number> {
  const started = performance.now();
  const secrets = new TraceSecrets();
  secrets.addFile(keyLog);
  let messages = 0;
  const writer = {
    message: ({ contentType }: { readonly contentType: number }) => {
      if (contentType === CONTENT_TYPE.handshake) messages += 1;
    },
    problem: ({ message }: { readonly message: string }) => {
      throw new Error(message);
    },
  };
  const connections = new CapturedConnections({ secrets, writerFor: () => writer });
  const streams = new CaptureStreams((event) => connections.event(event));
  await readInput(openInput(file), { packet: (packet) => streams.packet(packet), secrets: () => undefined });
  streams.end();
  if (messages !== handshakes * MESSAGES) throw new Error(`${messages} messages`);
  return performance.now() - started;
}

const folder = values.keep ?? mkdtempSync(join(tmpdir(), "handclasp-bench-"));
mkdirSync(folder, { recursive: true });
const capture = await makeHandshakeCapture(folder, HANDSHAKES, Number(values["answer-bytes"]));
const { file, keyLog } = capture;
const command = [join(DIST, "cli/main.js"), "trace", "read", file, "--keylog", keyLog];
const tshark = ["-r", file, "-o", `tls.keylog_file:${keyLog}`, "-Y", "tls.handshake"];
const times = { tshark: [] as number[], command: [] as number[], decoding: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  if (hasTshark) times.tshark.push(wholeProcess("tshark", tshark));
  times.command.push(wholeProcess(process.execPath, command));
  times.decoding.push(await decode(capture));
}
const tsharkMs = hasTshark ? median(times.tshark) : null;
const compared = (ms: readonly number[]): object => ({
  ms: Math.round(median(ms)),
  timesFaster: tsharkMs === null ? null : Number((tsharkMs / median(ms)).toFixed(2)),
});
const bytes = statSync(file).size;
const memory = peakMb(process.execPath, command);
if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
console.log(
  JSON.stringify({
    handshakes: HANDSHAKES,
    bytes,
    tsharkMs: tsharkMs === null ? null : Math.round(tsharkMs),
    command: compared(times.command),
    peakMb: memory,
    decoding: compared(times.decoding),
  }),
);
process.exit(0);
