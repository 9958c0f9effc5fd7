import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { Explanation } from "../../src/explain/explanation.ts";
import { mustRun, runProgram } from "../interop/run-program.ts";
import type { Cause, Client } from "./causes.ts";
import { compiled, keyStore } from "./jdk-programs.ts";
import type { Pki } from "./pki.ts";
import type { Server } from "./server.ts";
import { freePort } from "../support/free-port.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const START_MS = 60_000;
/** Longer than any client or server of a cell takes that comes to an end. */
const TALK_MS = 20_000;
const STOP_MS = 2000;
const KEYS = "keys.log";
/** As all servers here answer whom they let in. */
const SERVED = /^(?:HTTP\/1\.[01] 20\d|hello)/;

export type Version = "1.2" | "1.3";

/** One cause at one server: what was captured there, explained with the client's key log and without. */
export interface Cell {
  readonly server: Server;
  readonly cause: Cause;
  readonly version: Version;
  /** Whether the server did not mind: then there is nothing to explain. */
  readonly isServed: boolean;
  /** Undefined when the client wrote no key log. */
  readonly withKeys: readonly Explanation[] | undefined;
  readonly withoutKeys: readonly Explanation[];
}

export interface Bench {
  readonly folder: string;
  readonly pki: Pki;
}

/** Brings the cause about, captures the connection and has it explained. */
export async function runCell(bench: Bench, server: Server, cause: Cause, version: Version): Promise<Cell> {
  const name = `${server.name}-${cause.name}-${version}`.replaceAll(/[^a-z0-9.-]/gi, "_");
  const folder = join(bench.folder, name);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const wanted = { port, folder, show: bench.pki.server.good, ...cause.server?.(bench.pki) };
  const [program = "", ...args] = await server.command(wanted);
  const running = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"] });
  const capture = join(folder, "capture.pcap");
  const keys = join(folder, KEYS);
  let answer = "";
  try {
    await isListening(running, port);
    answer = await captured({ port, capture }, () =>
      talk(cause.client(bench.pki), { port, version, folder }),
    );
  } finally {
    await ended(running);
  }
  return {
    server,
    cause,
    version,
    isServed: SERVED.test(answer),
    withKeys: existsSync(keys) ? await explained(capture, ["--keylog", keys]) : undefined,
    withoutKeys: await explained(capture, []),
  };
}

interface Place {
  readonly port: number;
  readonly version: Version;
  readonly folder: string;
}

/** Returns what the client printed of the answer. */
async function talk(client: Client, place: Place): Promise<string> {
  const [program = "", ...args] = await commandOf(client, place);
  const child = spawn(program, args, {
    env: { ...process.env, SSLKEYLOGFILE: join(place.folder, KEYS) },
    stdio: ["pipe", "pipe", "ignore"],
    timeout: TALK_MS,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
  return text(child.stdout);
}

async function commandOf(client: Client, { port, version, folder }: Place): Promise<readonly string[]> {
  const keys = join(folder, KEYS);
  switch (client.program) {
    case "curl":
      return [
        "curl",
        "--silent",
        "--max-time",
        String(TALK_MS / 1000 - 1),
        ...client.args,
        ...(client.scheme === "https" ? ["--tls-max", version] : []),
        `${client.scheme}://localhost:${port}/`,
      ];
    case "jdk":
      return [
        "java",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        await compiled("JdkClient", folder),
        "JdkClient",
        String(port),
        await keyStore(client.show, join(folder, "client.p12")),
        version,
      ];
    case "openssl":
      return [
        "openssl",
        "s_client",
        "-connect",
        `127.0.0.1:${port}`,
        `-tls1_${version.slice(2)}`,
        ...(client.args.includes("-servername") ? [] : ["-servername", "localhost"]),
        "-keylogfile",
        keys,
        "-ign_eof",
        "-quiet",
        ...client.args,
      ];
  }
}

/** Runs what is to be captured while `tcpdump` writes every packet as it comes. */
async function captured(
  { port, capture }: { port: number; capture: string },
  run: () => Promise<string>,
): Promise<string> {
  const flags = ["-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w", capture, `tcp port ${port}`];
  const tcpdump = spawn("tcpdump", flags, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  for await (const chunk of tcpdump.stderr.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes("listening on")) break;
  }
  tcpdump.stderr.resume();
  const answer = await run();
  for (let size = -1; size !== statSync(capture).size; await pause(300)) size = statSync(capture).size;
  await ended(tcpdump, "SIGINT");
  return answer;
}

async function explained(capture: string, flags: readonly string[]): Promise<readonly Explanation[]> {
  const command = [
    process.execPath,
    MAIN,
    "trace",
    "read",
    capture,
    "--format",
    "jsonl",
    "--explain",
    ...flags,
  ];
  const lines = (await mustRun(command)).split("\n").filter((line) => line.startsWith("{"));
  const ends = lines
    .map(
      (line) => JSON.parse(line) as { readonly type?: string; readonly explanation?: readonly Explanation[] },
    )
    .filter(({ type }) => type === "connection-end");
  return ends.at(-1)?.explanation ?? [];
}

/** Waits until the port is open; the connection that tries it comes before the capture. */
async function isListening(server: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (server.exitCode !== null)
      throw new Error(`${server.spawnargs.join(" ")} ended with ${server.exitCode}`);
    if (await answers(port)) return;
    await pause(50);
  }
  throw new Error(`${server.spawnargs.join(" ")} does not listen`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(2000, () => socket.destroy());
  try {
    await once(socket, "connect");
    // Nothing of it may come later, into the capture.
    socket.resume().end();
    await once(socket, "close");
    return true;
  } catch {
    return false;
  }
}

/** A server that has processes of its own ends them, if it is asked to. */
async function ended(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(late);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Whether a program is on this machine. */
export async function isThere(program: string): Promise<boolean> {
  return (await runProgram(["sh", "-c", `command -v ${program}`]))?.code === 0;
}
