// `npm run test:lost-clients`: a gateway and its clients in network namespaces of their own, and the cable between them cut.
// Fails when a client that lost power is still there after two minutes. As root, on Linux; takes about as long. Beside it,
// what becomes of clients that the service was just sending to: the kernel's retries decide then, 8 of them here.
//
//     npm run -s test:lost-clients
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createIdentity } from "../src/x509/create-identity.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const MOST_MS = 120_000;
const PID = process.pid;
/** Documentation's (RFC 5737), and nobody else's in there. */
const [OURS, THEIRS] = ["192.0.2.1", "192.0.2.2"];
const [inside, outside] = [`hc-in-${PID}`, `hc-out-${PID}`];
const [PORT, CHATTY_PORT] = [8443, 8444];

if (process.getuid?.() !== 0 || spawnSync("ip", ["netns", "list"]).status !== 0) {
  console.error("skipped: it takes root, and ip of iproute2");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "handclasp-lost-"));
const store = join(folder, "trust.db");
const children: ChildProcess[] = [];

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

function within(namespace: string, ...command: readonly string[]): ChildProcess {
  const child = spawn("ip", ["netns", "exec", namespace, ...command], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  children.push(child);
  return child;
}

/** Peers whose connections the store lists. */
function listed(): readonly string[] {
  const args = [MAIN, "trust", "connections", "--json", "--store", store];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => JSON.parse(line) as { readonly peer: string }[])
    .map(({ peer }) => peer);
}

async function until(isSo: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(500)) if (isSo()) return true;
  return false;
}

/** Says who it is, sends a byte, and then nothing until it is gone. */
async function client(name: string, port: number): Promise<void> {
  const { privateKeyPem, certificatePem } = await createIdentity({ name, now: new Date() });
  const pem = join(folder, `${name}.pem`);
  writeFileSync(pem, privateKeyPem + certificatePem, { mode: 0o600 });
  const address = `${OURS}:${port}`;
  within(
    outside,
    "openssl",
    "s_client",
    "-quiet",
    "-connect",
    address,
    "-cert",
    pem,
    "-key",
    pem,
  ).stdin?.write("x");
}

/** A service that says nothing by itself, or something every second. */
const SERVICE = `
  const { createServer } = require("node:net");
  createServer((socket) => socket.on("error", () => {}).resume()).listen(1, "127.0.0.1");
  createServer((socket) => {
    const timer = setInterval(() => socket.write("x"), 1000);
    socket.on("error", () => {}).on("close", () => clearInterval(timer)).resume();
  }).listen(2, "127.0.0.1");
`;

try {
  for (const namespace of [inside, outside]) {
    ip("netns", "add", namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
  }
  ip("link", "add", "cable", "netns", inside, "type", "veth", "peer", "name", "cable", "netns", outside);
  for (const [namespace, address] of [[inside, OURS] as const, [outside, THEIRS] as const]) {
    ip("-n", namespace, "address", "add", `${address}/24`, "dev", "cable");
    ip("-n", namespace, "link", "set", "cable", "up");
  }
  ip("netns", "exec", inside, "sysctl", "-q", "-w", "net.ipv4.tcp_retries2=8");
  within(inside, process.execPath, "-e", SERVICE);
  const config = join(folder, "gateway.toml");
  const listener = (name: string, port: number, to: number): string =>
    `[[listener]]\nname = "${name}"\nlisten = "${OURS}:${port}"\nto = "127.0.0.1:${to}"\nfirst_use = "accept"\n`;
  writeFileSync(
    config,
    `store = "${store}"\n${listener("silent", PORT, 1)}${listener("chatty", CHATTY_PORT, 2)}`,
  );
  within(inside, process.execPath, MAIN, "gateway", "--config", config, "--json");
  await sleep(3000);
  await Promise.all([client("silent", PORT), client("chatty", CHATTY_PORT)]);
  if (!(await until(() => listed().length === 2, 20_000))) throw new Error(`connected: ${listed().join()}`);
  ip("-n", outside, "link", "set", "cable", "down");
  const cutAt = performance.now();
  const goneAfter = new Map<string, number>();
  await until(() => {
    const here = listed();
    for (const name of ["silent", "chatty"]) {
      if (!here.includes(name) && !goneAfter.has(name)) goneAfter.set(name, performance.now() - cutAt);
    }
    return goneAfter.size === 2;
  }, MOST_MS + 60_000);
  const seconds = (name: string): string => {
    const ms = goneAfter.get(name);
    return ms === undefined ? "still there" : `gone after ${Math.round(ms / 1000)} s`;
  };
  console.log(`a silent client: ${seconds("silent")}; one that was being sent to: ${seconds("chatty")}`);
  process.exitCode = (goneAfter.get("silent") ?? Number.POSITIVE_INFINITY) <= MOST_MS ? 0 : 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  await sleep(500);
  for (const namespace of [inside, outside]) spawnSync("ip", ["netns", "delete", namespace]);
  rmSync(folder, { recursive: true, force: true });
}
