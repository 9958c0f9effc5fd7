import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Upstream } from "../../src/gateway/config/config.ts";
import { until } from "../cli/support/serve.ts";
import { propertyRuns } from "../support/property-runs.ts";
import {
  calm,
  type Fickle,
  patientHttp1,
  patientHttp2,
  wildHttp1,
  wildHttp2,
  wildTcp,
} from "./support/fickle-clients.ts";
import { openFickleH2c, openFickleHttp, openFickleTcp } from "./support/fickle-upstreams.ts";
import { Random } from "./support/random.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { warned } from "./support/warned.ts";

const OVER_HTTP = [wildHttp1, wildHttp1, wildHttp2, wildHttp2, patientHttp1, patientHttp2] as const;
const OVER_TCP = [wildTcp, wildTcp] as const;

function to(port: number, protocol: "http" | "h2c"): Upstream {
  return { kind: "tcp", address: { host: "127.0.0.1", port }, protocol };
}

/** Everybody at once, until all are gone. What was thrown for one of them is a fault. */
async function round(seed: number): Promise<void> {
  const random = new Random(seed);
  await using http = await openFickleHttp(random.fork());
  await using h2c = await openFickleH2c(random.fork());
  await using tcp = await openFickleTcp(random.fork());
  await using steady = await openFickleHttp(random.fork());
  const config = configOf([
    listenerTo(to(http.port, "http"), { name: "http", mode: "http" }),
    listenerTo(to(h2c.port, "h2c"), { name: "h2c", mode: "http" }),
    listenerTo(to(steady.port, "http"), { name: "calm", mode: "http" }),
    listenerTo(tcp.port, { name: "tcp" }),
  ]);
  await using scene = await openGateway(config);
  const [overHttp = 0, overH2c = 0, steadily = 0, overTcp = 0] = scene.addresses.map(({ port }) => port);
  const fickle = (port: number, name: string): Fickle => ({ port, name, random: random.fork() });
  const clients = [
    ...OVER_HTTP.map((client, at) => client(fickle(overHttp, `http${at}`))),
    ...OVER_HTTP.map((client, at) => client(fickle(overH2c, `h2c${at}`))),
    ...OVER_TCP.map((client, at) => client(fickle(overTcp, `tcp${at}`))),
  ];
  const over = new AbortController();
  const served = (async () => {
    do await calm(fickle(steadily, "calm"));
    while (!over.signal.aborted);
  })();
  const outcomes = await Promise.allSettled(clients);
  over.abort();
  await served;
  const upstreams = [http, h2c, tcp, steady];
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    const [id = ""] = String(outcome.reason.message).split(":");
    const did = upstreams.map((upstream) => upstream.did(id)).join("");
    throw new Error(`with an upstream that ${did}: ${outcome.reason.message}`, { cause: outcome.reason });
  }
  // Who is gone is not always noticed before the gateway reads on, or ends.
  await scene.gateway.close();
  const left = (): readonly unknown[] => [
    scene.gateway.open,
    ...upstreams.flatMap((upstream) => upstream.running()),
  ];
  await until(() => left().join() === "0").catch(() => assert.deepEqual(left(), [0]));
  assert.deepEqual(scene.errors, []);
}

describe("clients and upstreams that do anything at any moment", () => {
  it("get each what is theirs, keep nobody else waiting, and leave nothing behind at its end", async () => {
    const warnings = warned();
    const numRuns = Math.ceil(propertyRuns(2000) / 500);
    await fc.assert(fc.asyncProperty(fc.nat(), round), { numRuns, endOnFailure: true });
    assert.deepEqual(await warnings(), []);
  });
});
