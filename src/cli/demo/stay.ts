import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { Operator } from "../../operator/operator.ts";
import { openStoreAt } from "../../store/open-store.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { type CreatedIdentity, createIdentity } from "../../x509/create-identity.ts";
import { ownCommand } from "../process/own-command.ts";
import { stopSignal } from "../process/listen.ts";
import { print } from "../terminal/output.ts";
import { processName } from "../trust-store/process-name.ts";
import { DemoClient } from "./client.ts";

/** How often who waits, or is refused, tries again. */
const TRIES_EVERY_MS = 5000;

/**
 * Leaves something to look at until it is told to stop: a gateway, its page, a client that is connected, one that waits,
 * and one that claims the name of another.
 */
export async function stay(folder: string): Promise<void> {
  const stopped = stopSignal();
  const path = join(folder, "stay.db");
  await using upstream = await openUpstream();
  using gateway = start("ignore", "gateway", ...gatewayFlags(upstream.port, path));
  const port = await portOf(gateway.child);

  const now = new Date();
  const anna = await createIdentity({ name: "anna", now });
  await using store = openStoreAt(StoreUrl.sqlite(path), { process: processName("demo") });
  const client = new DemoClient("anna", port, anna);
  await client.visit();
  await new Operator(store, { user: "operator", process: processName("demo"), now: Date.now }).approve(
    anna.facts.pin,
  );
  const ended = await client.stay();

  using stopping = new Stopping();
  const printer = await createIdentity({ name: "printer-4", now });
  void tryAgain("printer-4", port, printer, stopping.signal);
  void tryAgain("anna", port, await createIdentity({ name: "anna", now }), stopping.signal);
  print(`\nA gateway is at 127.0.0.1:${port}, before a service that greets.
  anna is connected: revoke it, and its connection ends.
  printer-4 waits, and tries again every ${TRIES_EVERY_MS / 1000} s: ${toKeyId(printer.facts.pin)}
  somebody else claims to be anna.
All of it is on the page until Ctrl-C, and at the command line: handclasp trust list --store ${path}
`);
  using page = start("inherit", "ui", "--listen", "127.0.0.1:0", "--store", path);
  page.child.stderr?.pipe(process.stderr);
  void ended().then(() => stopping.signal.aborted || print("anna's connection ended"));
  await Promise.race([stopped, once(gateway.child, "exit"), once(page.child, "exit")]);
}

function gatewayFlags(upstream: number, store: string): readonly string[] {
  const where = ["--listen", "127.0.0.1:0", "--to", `127.0.0.1:${upstream}`];
  return [...where, "--first-use", "ask", "--drain-timeout", "1s", "--store", store, "--json"];
}

/** The service behind the gateway: answers what somebody says, and is patient with who says nothing. */
async function openUpstream(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end("Hello\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

/** One of our own verbs, as a process that ends with this one; it has our keyboard where it inherits stdin. */
function start(
  stdin: "ignore" | "inherit",
  ...args: readonly string[]
): Disposable & { readonly child: ChildProcess } {
  const [command, ...rest] = ownCommand(...args);
  const child = spawn(command, rest, { stdio: [stdin, "inherit", "pipe"] });
  return {
    child,
    [Symbol.dispose]() {
      child.kill("SIGTERM");
    },
  };
}

/** The port of a gateway, once it is ready; what it logs from then on is nobody's. */
async function portOf({ stderr }: ChildProcess): Promise<number> {
  if (stderr === null) throw new Error("what a child says is read");
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let last = "";
  createInterface({ input: stderr })
    .on("line", (line) => {
      last = line;
      const { event, port } = JSON.parse(line) as { event?: string; port?: number };
      if (event === "listening" && port !== undefined) resolve(port);
    })
    .once("close", () => reject(new Error(`the gateway ended before it was ready: ${last}`)));
  return await promise;
}

class Stopping implements Disposable {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;

  [Symbol.dispose](): void {
    this.#controller.abort();
  }
}

async function tryAgain(
  name: string,
  port: number,
  identity: CreatedIdentity,
  signal: AbortSignal,
): Promise<void> {
  const client = new DemoClient(name, port, identity);
  while (!signal.aborted) {
    await client.visit();
    await setTimeout(TRIES_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
