// What known clients notice of strangers who show chains of costly signatures (docs/attacks.md, 34), in rounds with and
// without them, and how soon a revocation cuts meanwhile. Fails when they notice too much. Where there are cores to keep
// them apart, strangers have what the known clients leave of theirs, so that it is the server's doing that is measured.
//
//     node benchmark/flood/chains.ts [--strangers 16] [--known 50] [--rounds 3] [--seconds 8] [--most 2]
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { parseArgs } from "node:util";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { binaryCurveAuthority, costlyChain } from "../../test/guard/support/costly-chain.ts";
import { median, rounded } from "../peers/figures.ts";
import { CAN_KEEP_APART, giveWay, leaveFirstCore } from "./placement.ts";

const { values } = parseArgs({
  options: {
    strangers: { type: "string", default: "16" },
    known: { type: "string", default: "50" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    most: { type: "string", default: "2" },
    /** Given to the process of the strangers. */
    attack: { type: "string" },
  },
});

if (values.attack === undefined) await compare();
else await attack(Number(values.attack), Number(values.strangers));

/** Goes on until the process is ended. */
async function attack(port: number, atOnce: number): Promise<void> {
  const { key, cert } = costlyChain(binaryCurveAuthority(), 97);
  process.send?.("ready");
  await once(process, "message");
  const knock = async (): Promise<void> => {
    for (;;) {
      const transport = connectTcp({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
      const socket = connect({ socket: transport, rejectUnauthorized: false, key, cert });
      socket.on("error", () => undefined).resume();
      await new Promise((resolve) => socket.once("close", resolve));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, knock));
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-chains-"));
  const storeFile = join(folder, "trust.db");
  const identityFile = join(folder, "server.pem");
  const server = await createIdentity({ name: "localhost", now: new Date() });
  writeFileSync(identityFile, server.privateKeyPem + server.certificatePem);
  const store = openStore(storeFile, { process: "chains" });
  const operator = new Operator(store, { user: "chains", process: "chains", now: Date.now });
  const names = Array.from({ length: Number(values.known) }, (_, at) => `known-${at}`);
  const clients = await Promise.all(names.map((name) => createIdentity({ name, now: new Date() })));
  for (const { facts } of clients) await operator.import(facts);
  const guarded = fork(join(import.meta.dirname, "../tls-server.ts"), ["guarded", storeFile, identityFile]);
  const [port] = (await once(guarded, "message")) as [number];
  if (CAN_KEEP_APART) leaveFirstCore();

  const open = (at: number): ReturnType<typeof connect> => {
    const { privateKeyPem: key = "", certificatePem: cert = "" } = clients[at] ?? {};
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, key, cert });
    socket.on("error", () => undefined);
    return socket;
  };
  let times: number[] = [];
  const stop = new AbortController();
  const work = names.map(async (_, at) => {
    while (!stop.signal.aborted) {
      await sleep(Math.random() * 800);
      const before = performance.now();
      const socket = open(at);
      socket.resume().write("0");
      await new Promise((resolve) => socket.once("close", resolve));
      times.push(performance.now() - before);
    }
  });
  const during = async (): Promise<number> => {
    times = [];
    await sleep(Number(values.seconds) * 1000);
    return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
  };
  /** Milliseconds from a revocation to the end of its connection. */
  const revoke = async (): Promise<number> => {
    const socket = open(0);
    await once(socket.resume(), "secureConnect");
    await sleep(200);
    const before = performance.now();
    await operator.revoke("known-0");
    if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
    const took = performance.now() - before;
    await operator.approve(clients[0]?.facts.pin ?? "");
    return took;
  };

  await sleep(2000);
  const [quiet, attacked, cuts]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    quiet.push(await during());
    const args = ["--attack", String(port), "--strangers", values.strangers];
    const strangers = fork(import.meta.filename, args);
    await once(strangers, "message");
    if (CAN_KEEP_APART) giveWay(strangers.pid);
    strangers.send("go");
    attacked.push(await during());
    cuts.push(await revoke());
    strangers.kill("SIGKILL");
    await once(strangers, "exit");
  }
  stop.abort();
  await Promise.all(work);
  guarded.disconnect();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  const ratio = median(attacked.map((p99, round) => p99 / (quiet[round] ?? Number.NaN)));
  const figures = {
    quietP99Ms: rounded(median(quiet)),
    attackedP99Ms: rounded(median(attacked)),
    ratioP99: rounded(ratio),
    revocationMs: rounded(median(cuts)),
  };
  console.log(JSON.stringify(figures));
  const isGood = ratio <= Number(values.most) && median(cuts) <= 150;
  if (!isGood) console.error("FAILED: known clients notice too much");
  process.exit(isGood ? 0 : 1);
}
