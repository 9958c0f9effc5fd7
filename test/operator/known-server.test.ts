import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import {
  proxyPlace,
  reachableAddress,
  recordedServer,
  recordListeners,
} from "../../src/operator/known-server.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { randomPin } from "../support/certificates.ts";

describe("the server that is known", () => {
  it("is the one that was last started on the store", async () => {
    await using store = openMemoryStore();
    assert.equal(recordedServer(store), undefined);
    for (const port of [1, 2]) {
      const pin = randomPin();
      const record = { address: `[::1]:${port}`, host: "::1", port, pin };
      const [recorded] = await recordListeners(store, [record], 0);
      assert.deepEqual(recorded, { ...record, keyId: toKeyId(pin) });
      assert.deepEqual(recordedServer(store), { ...recorded, at: "1970-01-01T00:00:00.000Z" });
    }
    assert.match(store.setting("server:[::1]:1") ?? "", /"port":1,/);
  });

  it("may be a proxy, of which the key is known and not where clients find it", async () => {
    await using store = openMemoryStore();
    const pin = randomPin();
    await recordListeners(store, [proxyPlace(pin)], 0);
    const server = recordedServer(store);
    assert.deepEqual([server?.pin, server?.keyId], [pin, toKeyId(pin)]);
    assert.throws(() => reachableAddress(server), /not known where clients find the proxy/);
  });

  it("is reached at its address, unless it listens on all that its machine has, or never ran", () => {
    const server = {
      address: "gw.example:8443",
      host: "gw.example",
      port: 8443,
      pin: randomPin(),
      keyId: "",
    };
    assert.equal(reachableAddress(server), "gw.example:8443");
    for (const unreachable of [
      undefined,
      { ...server, host: "0.0.0.0", address: "0.0.0.0:8443" },
      { ...server, host: "::", address: "[::]:8443" },
    ]) {
      assert.throws(
        () => reachableAddress(unreachable),
        (error) =>
          isHandclaspError(error, "ERR_HANDCLASP_OPTION") && error.remedies[0]?.act === "create-token",
      );
    }
  });
});
