import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "node:test";
import type { GatewayConfig } from "../../../src/gateway/config/config.ts";
import { parseConfig } from "../../../src/gateway/config/parse-config.ts";
import { ListenerPlaces } from "../../../src/gateway/workers/listener-places.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";

/** Listeners `one`, `two` … at these ports. */
function configOf(...ports: readonly number[]): GatewayConfig {
  const names = ["one", "two", "three"];
  const listeners = ports.map(
    (port, at) => `[[listener]]\nname = "${names[at]}"\nlisten = "127.0.0.1:${port}"\nto = "127.0.0.1:1"\n`,
  );
  return parseConfig(listeners.join(""), {
    file: "gateway.toml",
    folder: ".",
    store: StoreUrl.parse("memory:"),
  });
}

function portsOf({ listeners }: GatewayConfig): readonly number[] {
  return listeners.map(({ listen }) => listen.port);
}

describe("ListenerPlaces", () => {
  it("gives the first listeners the sockets that are open, behind the channel to the primary", () => {
    const places = new ListenerPlaces(configOf(0, 0, 0), 2);
    assert.deepEqual(
      [...places.sockets],
      [
        ["one", 4],
        ["two", 5],
      ],
    );
  });

  it("keeps the ports that the first worker got, and leaves those of sockets as they were said", () => {
    const config = configOf(443, 0);
    const places = new ListenerPlaces(config, 1);
    const kept = places.keep(config, [
      { host: "127.0.0.1", port: 8443 },
      { host: "127.0.0.1", port: 40_001 },
    ]);
    assert.deepEqual(portsOf(kept), [443, 40_001]);
    assert.deepEqual(
      places.addressesOf(kept).map(({ port }) => port),
      [8443, 40_001],
    );
  });

  it("has a listener of port 0 stay where it is after a reload, and picks a free port for another one", async () => {
    const before = configOf(40_001);
    const places = new ListenerPlaces(before, 0);
    const [stays, isNew = 0] = portsOf(await places.next(before, configOf(0, 0)));
    assert.equal(stays, 40_001);
    assert.ok(isNew > 0 && isNew !== 40_001);
  });

  it("says so when a place is another's, and asks nothing of those that have their own", async () => {
    await using other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const taken = configOf(port);
    const places = new ListenerPlaces(taken, 0);
    await assert.rejects(places.probe(taken), /cannot listen/);
    await assert.rejects(places.next(configOf(0), taken), /cannot listen/);
    assert.deepEqual(portsOf(await places.next(taken, taken)), [port]);
    await new ListenerPlaces(taken, 1).probe(taken);
  });
});
