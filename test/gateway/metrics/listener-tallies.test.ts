import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import type { Upstream } from "../../../src/gateway/config/config.ts";
import { GatewayMetrics } from "../../../src/gateway/metrics/gateway-metrics.ts";
import type { Relayed } from "../../../src/trust/happenings/gateway-happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { until } from "../../cli/support/serve.ts";
import { identity } from "../../guard/support/identities.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../support/scene.ts";
import { gone, openClient, openUpstream, received } from "../support/upstream.ts";

const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);

/** A gateway that is counted, over the same upstream all the time. */
class Counted implements AsyncDisposable {
  readonly #store = openMemoryStore();
  readonly #happenings = new Happenings();
  readonly #metrics = new GatewayMetrics({
    store: this.#store,
    peerLabels: false,
    happenings: this.#happenings,
  });
  readonly #upstream: number;
  #scene: GatewayScene | undefined;

  constructor(upstream: number) {
    this.#upstream = upstream;
  }

  get scene(): GatewayScene {
    assert.ok(this.#scene);
    return this.#scene;
  }

  async open(): Promise<this> {
    this.#scene = await openGateway(configOf([listenerTo(this.#upstream)]), {
      happenings: this.#happenings,
      onServer: (opened) => this.#metrics.watch(opened),
    });
    return this;
  }

  /** Takes another gate, and leaves the former one with what it has. */
  async reload(idleTimeoutMs: number, over: Partial<ReturnType<typeof listenerTo>> = {}): Promise<void> {
    await this.scene.gateway.reload(configOf([listenerTo(this.#upstream, { idleTimeoutMs, ...over })]));
  }

  /** A sample by its name and labels, as the page has it. */
  async valueOf(sample: string): Promise<number> {
    const text = await this.#metrics.registry.metrics();
    const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
    return Number(line?.slice(sample.length + 1) ?? Number.NaN);
  }

  async counts(): Promise<readonly number[]> {
    const samples = [
      'handclasp_accepted_total{listener="main"}',
      'handclasp_handshakes_total{listener="main",verdict="admitted"}',
      'handclasp_connections{listener="main",state="open"}',
    ];
    return await Promise.all(samples.map((sample) => this.valueOf(sample)));
  }

  async bytes(): Promise<number> {
    const [bytesIn, bytesOut] = await Promise.all(
      ["received", "sent"].map((direction) =>
        this.valueOf(`handclasp_bytes_total{listener="main",direction="${direction}"}`),
      ),
    );
    return (bytesIn ?? Number.NaN) + (bytesOut ?? Number.NaN);
  }

  get relayed(): readonly Relayed[] {
    return this.scene.events.filter((event) => event.type === "relayed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scene?.[Symbol.asyncDispose]();
    this.#metrics[Symbol.dispose]();
    await this.#store.close();
  }
}

async function talking(port: number, who = ada): Promise<TLSSocket> {
  const client = await openClient(port, who);
  client.write("x".repeat(1000));
  for (let left = 1000; left > 0;) left -= ((await once(client, "data"))[0] as Buffer).length;
  return client;
}

async function end(client: TLSSocket): Promise<void> {
  const over = gone(client);
  client.end();
  await over;
}

describe("counts over reloads", () => {
  it("stay right while connections of former configurations end, and when the last one has", async () => {
    await using upstream = await openUpstream();
    await using counted = await new Counted(upstream.port).open();
    const { port } = counted.scene;
    const first = [await talking(port), await talking(port), await talking(port)];
    assert.deepEqual(await counted.counts(), [3, 3, 3]);
    await counted.reload(60_000);
    const second = [await talking(port), await talking(port)];
    assert.deepEqual(await counted.counts(), [5, 5, 5]);
    const bytes = await counted.bytes();
    assert.ok(bytes >= 5 * 2000, `${bytes}`);
    for (const [at, client] of [...first, ...second].entries()) {
      await end(client);
      await until(() => counted.relayed.length === at + 1);
      if (at === 2) await until(() => counted.scene.closed.length === 1);
      assert.deepEqual(await counted.counts(), [5, 5, 4 - at]);
      const now = await counted.bytes();
      assert.ok(now >= bytes && now < bytes + 5 * 200, `${now} after ${bytes}`);
    }
    // Of the configuration that is in force nothing was closed.
    assert.deepEqual([counted.scene.opened.length, counted.scene.closed.length], [2, 1]);
    await counted.reload(50_000);
    await until(() => counted.scene.closed.length === 2);
    await end(await talking(counted.scene.port));
    await until(() => counted.relayed.length === 6);
    assert.deepEqual(await counted.counts(), [6, 6, 0]);
  });

  it("have what is cut and refused once, whichever configuration it came in under", async () => {
    await using upstream = await openUpstream();
    await using counted = await new Counted(upstream.port).open();
    const { port, operator } = counted.scene;
    const clients = [await talking(port, ada), await talking(port, bob)];
    await counted.reload(60_000);
    clients.push(await talking(port, ada), await talking(port, bob));
    await counted.reload(50_000);
    const over = Promise.all(clients.filter((_, at) => at % 2 === 0).map(gone));
    await operator.revoke("ada");
    await over;
    const refused = await openClient(port, ada);
    await gone(refused);
    assert.equal(await counted.valueOf('handclasp_cut_total{listener="main",reason="revoked"}'), 2);
    assert.equal(await counted.valueOf('handclasp_refusals_total{listener="main",reason="revoked"}'), 1);
    assert.equal(await counted.valueOf('handclasp_handshakes_total{listener="main",verdict="refused"}'), 1);
    assert.deepEqual(await counted.counts(), [5, 4, 2]);
    for (const client of clients) if (!client.destroyed) await end(client);
    await until(() => counted.scene.closed.length === 2);
    assert.equal(counted.relayed.length, 4);
    assert.equal(await counted.valueOf('handclasp_cut_total{listener="main",reason="revoked"}'), 2);
    assert.deepEqual(await counted.counts(), [5, 4, 0]);
  });

  it("tell why connections were cut: by a list, a group, a new name", async () => {
    await using upstream = await openUpstream();
    await using counted = await new Counted(upstream.port).open();
    const { port, operator, gateway } = counted.scene;
    const clients = [await talking(port, ada), await talking(port, bob)];
    const over = clients.map(gone);
    await operator.rename("bob", "robert");
    await over[1];
    await gateway.reload(configOf([listenerTo(upstream.port, { allow: ["robert"] })]));
    await over[0];
    await until(() => counted.relayed.length === 2);
    assert.equal(await counted.valueOf('handclasp_cut_total{listener="main",reason="renamed"}'), 1);
    assert.equal(await counted.valueOf('handclasp_cut_total{listener="main",reason="not-allowed"}'), 1);
    assert.equal(await counted.valueOf('handclasp_cut_total{listener="main",reason="revoked"}'), 0);
    const reasons = counted.relayed.map(({ reason }) => reason);
    assert.deepEqual(reasons, ["renamed", "not-allowed"]);
  });

  it("have a request that is answered after its listener was given another configuration", async () => {
    const answers: ServerResponse[] = [];
    const upstream = createServer((_request, response) => void answers.push(response)).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const { port } = upstream.address() as AddressInfo;
    const to: Upstream = { kind: "tcp", protocol: "http", address: { host: "127.0.0.1", port } };
    await using counted = await new Counted(1).open();
    await counted.reload(60_000, { mode: "http", to });
    const client = await openClient(counted.scene.port, ada);
    client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => answers.length === 1);
    await counted.reload(50_000, { mode: "http", to });
    const answer = received(client);
    answers[0]?.end("late");
    assert.match(String(await answer), /late$/);
    client.destroy();
    // The first one was of the listener's mode before.
    await until(() => counted.scene.closed.length === 2);
    assert.equal(await counted.valueOf('handclasp_request_seconds_count{listener="main",status="2xx"}'), 1);
    assert.deepEqual(await counted.counts(), [1, 1, 0]);
    assert.ok((await counted.bytes()) > 100);
    upstream.close();
    upstream.closeAllConnections();
  });
});
