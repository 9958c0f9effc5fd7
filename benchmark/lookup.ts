// One warm lookup of a key in a store of many, and one whole judgement without and with the store.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { judge } from "../src/trust/judging/judge.ts";
import { DEFAULT_POLICY } from "../src/trust/records/policy.ts";
import { Trust } from "../src/trust/trust.ts";
import { fillStore } from "./fill-store.ts";

const peers = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const path = join(folder, "trust.db");
const sample = await fillStore(path, peers);
const store = openSqliteStore(path);
const trust = new Trust(store, { now: Date.now, process: `bench ${process.pid}` });
const sightings = sample.map((certificate) => ({ certificate, caSigned: false, remoteAddress: "192.0.2.1" }));
const keys = sample.map(({ pin }) => store.key(pin));
const now = Date.now();

/** Median microseconds of one call, of several rounds over the whole sample. */
function micros(call: (index: number) => unknown): number {
  const rounds: number[] = [];
  for (let round = 0; round < 101; round++) {
    const started = performance.now();
    for (let index = 0; index < sample.length; index++) call(index);
    rounds.push(((performance.now() - started) * 1000) / sample.length);
  }
  rounds.sort((a, b) => a - b);
  return Number((rounds[50] ?? 0).toFixed(2));
}

const result = {
  peers,
  lookupMicros: micros((index) => store.key(sample[index]!.pin)),
  judgeMicros: micros((index) => judge(sightings[index]!, keys[index], store, DEFAULT_POLICY, now)),
  judgeWithStoreMicros: micros((index) => trust.judge(sightings[index]!)),
};
await store.close();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(result));
