import { rm, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { StoreUrl } from "../trust/port/store-url.ts";
import { openStoreAt } from "../store/open-store.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { Operator } from "../operator/operator.ts";
import { formatListing } from "../tls/formats/format-listing.ts";
import { createIdentity } from "../x509/create-identity.ts";
import { processName } from "./trust-store/process-name.ts";
import { DemoClient, type Visit } from "./demo/client.ts";
import { startDemoServer } from "./demo/server.ts";
import { stay } from "./demo/stay.ts";
import { print, printError } from "./terminal/output.ts";

/** `demo`: plays the whole story on this machine and exits 1 when a step does not hold. */
export function command(): Command {
  return new Command("demo")
    .option("--stay", "then leave a gateway with its page up, a client connected and one waiting")
    .action(demo);
}

async function demo({ stay: stays }: { readonly stay?: true }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "handclasp-demo-"));
  try {
    await play(join(folder, "trust.db"));
    if (stays) await stay(folder);
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A step prints what was observed; what was not as expected ends the demo. */
function step(title: string, observed: string, holds: boolean): void {
  print(`${holds ? "ok  " : "FAIL"}  ${title}\n      ${observed}`);
  if (!holds) throw new Error(`the demo expected otherwise: ${title}`);
}

async function play(path: string): Promise<void> {
  const now = new Date();
  await using store = openStoreAt(StoreUrl.sqlite(path), { process: processName("demo") });
  const operator = new Operator(store, { user: "operator", process: processName("demo"), now: Date.now });
  const identity = await createIdentity({ name: "demo server", now });
  await using server = await startDemoServer(store, identity);
  const { port } = server;
  step("the server starts", `127.0.0.1:${port}, key id ${toKeyId(identity.facts.pin)}`, port > 0);

  const anna = new DemoClient("anna", port, await createIdentity({ name: "anna", now }));
  const first = await anna.visit();
  const met = server.lastSeen();
  step(
    "a client with a fresh self-signed certificate connects",
    said(first, met),
    greeted(first) && met === "met anna",
  );

  const second = await anna.visit();
  const known = server.lastSeen();
  step("it connects again", said(second, known), greeted(second) && known === "recognised anna");

  const third = await anna.visit({ resume: true });
  const again = server.lastSeen();
  const resumed = greeted(third) && third.resumed && again === "recognised anna, resumed";
  step("it resumes its session", said(third, again), resumed);

  const impostor = new DemoClient("anna", port, await createIdentity({ name: "anna", now }));
  const lie = await impostor.visit();
  step(
    "an impostor claims the same name with another key",
    said(lie),
    lie.alert === "certificate_unknown (46)",
  );

  const nobody = await new DemoClient("nobody", port).visit();
  step("a client comes without a certificate", said(nobody), nobody.alert === "certificate_required (116)");

  const end = await anna.stay();
  const started = performance.now();
  await operator.revoke("anna");
  const ended = await end();
  const after = `its socket ${ended} after ${Math.round(performance.now() - started)} ms`;
  step("the client is revoked while it is connected", after, ended === "ended");

  const ticket = await anna.visit({ resume: true });
  step("it tries to resume", said(ticket), ticket.alert === "certificate_revoked (44)");

  const late = await anna.visit();
  step("it tries to connect", said(late), late.alert === "certificate_revoked (44)");

  await server.flush();
  const { broken, head } = store.check().chain;
  step("the audit chain verifies", `${head.sequence} events, head ${head.hash}`, broken === null);

  const { firstConnection } = server;
  const finished = firstConnection.filter(({ parsed }) => parsed?.name === "finished").length;
  step(
    "the first handshake was observed, and decrypted",
    `${firstConnection.length} messages, ${finished} of them Finished`,
    finished === 2,
  );
  print("\nEvery step held. The first handshake, as the server saw it:\n");
  for (const message of firstConnection) print(formatListing(message));
}

function greeted(visit: Visit): boolean {
  return visit.answer === "Hello, anna";
}

function said(visit: Visit, server?: string): string {
  const told = visit.alert === null ? `was told "${visit.answer}"` : `received the alert ${visit.alert}`;
  return `the client ${told}${server === undefined ? "" : `; the server ${server}`}`;
}
