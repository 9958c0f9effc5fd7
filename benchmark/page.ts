// What the operator's page and its API cost on a large store: how long until the first view can be used in a real
// browser, how long answers take at the server, and what open pages cost while nothing happens.
//
//     node benchmark/page.ts [FILE]       # keeps the store that it makes there, for the next run
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { bundleCommandLine } from "../scripts/bundle.ts";
import { bundlePage } from "../scripts/bundle-page.ts";
import type { PackedFile } from "../src/cli/admin/unpack-page.ts";
import { CHROMIUM } from "../test/page/support/chromium.ts";
import { keptLargeStore, type LargeStore } from "./large-store.ts";

const ROUNDS = 31;
const VIEWS = 9;
const PAGES = 50;
const IDLE_MS = 20_000;

/** What a page asks for, view by view. */
function paths({ peer, pin }: LargeStore, keyId: string): Readonly<Record<string, string>> {
  return {
    waiting: "/v1/waiting",
    peers: "/v1/keys",
    "peers, one state": "/v1/keys?state=revoked",
    "a peer of a thousand events": `/v1/keys/${keyId}`,
    connections: "/v1/connections",
    refusals: "/v1/refusals",
    events: "/v1/events?newestFirst=true",
    "events of a peer": `/v1/events?newestFirst=true&key=${encodeURIComponent(pin)}`,
    groups: "/v1/groups",
    tokens: "/v1/tokens",
    "search: a": "/v1/keys?q=a",
    "search: sens": "/v1/keys?q=sens",
    "search: a whole name": `/v1/keys?q=${encodeURIComponent(peer)}`,
    "search: nobody": "/v1/keys?q=nobody%20is%20called%20so",
    "search: state:trusted group, seen, text": `/v1/keys?q=${encodeURIComponent('state:trusted -group:"group 1" seen<30d sensor')}`,
    health: "/v1/health",
  };
}

interface Server {
  readonly child: ChildProcess;
  readonly origin: string;
  readonly secret: string;
}

async function startUi(main: string, store: string): Promise<Server> {
  const flags = ["ui", "--no-open", "--listen", "127.0.0.1:0", "--store", store];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(() => Promise.reject(new Error("ui ended before it was ready")));
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [
    string,
  ];
  ended.catch(() => undefined);
  const { origin, hash } = new URL(line);
  const response = await fetch(`${origin}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ link: hash.slice("#k=".length) }),
  });
  const { secret } = (await response.json()) as { readonly secret: string };
  return { child, origin, secret };
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds; those of CPU are the server's alone, and do not grow on a machine that is busy. */
interface Answer extends Times {
  readonly cpu: number;
}

function times(all: readonly number[]): Times {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number): number => Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1));
  return { p50: at(0.5), p99: at(0.99) };
}

/** From asking to the last byte, over a kept connection; ms. */
async function answerTimes({ origin, secret, child }: Server, path: string): Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const taken: number[] = [];
  const before = cpuOf(child);
  for (let round = -3; round < ROUNDS; round++) {
    const started = performance.now();
    const sent = request(`${origin}${path}`, { agent, headers: { authorization: `Bearer ${secret}` } }).end();
    const [response] = await once(sent, "response");
    const body = await text(response);
    if (response.statusCode !== 200)
      throw new Error(`${path} was answered with ${response.statusCode}: ${body}`);
    if (round >= 0) taken.push(performance.now() - started);
  }
  agent.destroy();
  const cpu = Number(((cpuOf(child) - before) / (ROUNDS + 3)).toFixed(1));
  return { ...times(taken), cpu };
}

/** From an empty cache to the first key that waits being there to be compared; ms. */
async function firstViews({ origin, secret }: Server): Promise<Times | null> {
  if (!CHROMIUM.ok) {
    console.error(CHROMIUM.problem);
    return null;
  }
  const browser = await CHROMIUM.launch();
  const taken: number[] = [];
  for (let round = -1; round < VIEWS; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript({
      content: `sessionStorage.setItem("handclasp-session", ${JSON.stringify(secret)})`,
    });
    const started = performance.now();
    await page.goto(origin);
    await page
      .getByRole("link", { name: /^Compare/ })
      .or(page.getByRole("button", { name: /^Compare/ }))
      .first()
      .waitFor();
    if (round >= 0) taken.push(performance.now() - started);
    await context.close();
  }
  await browser.close();
  return times(taken);
}

/** The CPU time of a process so far; ms. */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The chain is verified once after the start, in the background: that is not nothing. */
async function untilVerified({ origin, secret }: Server): Promise<void> {
  for (;;) {
    const response = await fetch(`${origin}/v1/audit/head`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { head, verified } = (await response.json()) as { head: { sequence: number }; verified: number };
    if (verified === head.sequence) return;
    await setTimeout(1000);
  }
}

/** What no and so many streams cost while nothing happens; percent of a core. */
async function idlePercent(server: Server): Promise<{ readonly none: number; readonly open: number }> {
  const percent = async (): Promise<number> => {
    await setTimeout(2000);
    const before = cpuOf(server.child);
    await setTimeout(IDLE_MS);
    return Number((((cpuOf(server.child) - before) / IDLE_MS) * 100).toFixed(2));
  };
  const closeFirst = await openStreams(server, 1);
  await untilVerified(server);
  closeFirst();
  const none = await percent();
  const close = await openStreams(server, PAGES);
  const open = await percent();
  close();
  return { none, open };
}

/** Opens streams as pages do. Returns how to close them. */
async function openStreams({ origin, secret }: Server, count: number): Promise<() => void> {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const headers = { authorization: `Bearer ${secret}` };
  for (let page = 0; page < count; page++) {
    const sent = request(`${origin}/v1/stream`, { agent, headers }).end();
    const [response] = await once(sent, "response");
    if (response.statusCode !== 200)
      throw new Error(`stream ${page} was answered with ${response.statusCode}`);
    response.resume().on("error", () => undefined);
  }
  return () => agent.destroy();
}

async function sizes(): Promise<{ readonly scriptKilobytes: number; readonly allKilobytes: number }> {
  const files = await bundlePage();
  const scripts = files.filter(({ path }) => path.endsWith(".js"));
  return { scriptKilobytes: kilobytes(scripts), allKilobytes: kilobytes(files) };
}

function kilobytes(files: readonly PackedFile[]): number {
  const bytes = files.reduce((sum, { packed }) => sum + Buffer.from(packed, "base64").length, 0);
  return Number((bytes / 1000).toFixed(1));
}

async function measure(kept: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
  let server: Server | undefined;
  try {
    const path = kept ?? join(folder, "large.db");
    const made = await keptLargeStore(path);
    const main = await bundleCommandLine(
      join(import.meta.dirname, "../node_modules/.cache/handclasp/command-line"),
    );
    server = await startUi(main, path);
    const found = await fetch(`${server.origin}/v1/keys?q=${encodeURIComponent(made.peer)}`, {
      headers: { authorization: `Bearer ${server.secret}` },
    });
    const { items } = (await found.json()) as { items: readonly { pin: string; keyId: string }[] };
    const keyId = items.find(({ pin }) => pin === made.pin)?.keyId;
    if (keyId === undefined) throw new Error("the store has not the peer that it was made with");
    const answers: Record<string, Answer> = {};
    for (const [what, asked] of Object.entries(paths(made, keyId))) {
      answers[what] = await answerTimes(server, asked);
      const { p50, p99, cpu } = answers[what];
      console.error(`${what}: p50 ${p50} ms, p99 ${p99} ms, ${cpu} ms of CPU`);
    }
    const firstView = await firstViews(server);
    console.error(`first view: p50 ${firstView?.p50} ms`);
    const idle = await idlePercent(server);
    console.error(`idle: ${idle.none} % of a core, with ${PAGES} pages ${idle.open} %`);
    console.log(JSON.stringify({ answers, firstView, idle, sizes: await sizes() }));
  } finally {
    server?.child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}

await measure(process.argv[2]);
