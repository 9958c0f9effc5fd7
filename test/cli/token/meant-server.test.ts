import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meantServer } from "../../../src/cli/token/meant-server.ts";
import { recordListeners } from "../../../src/operator/known-server.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";

const ONE = `sha256:${"A".repeat(43)}=` as const;
const OTHER = `sha256:${"B".repeat(42)}A=` as const;

/** A store on which a server with these listeners was started. */
async function storeOf(...pins: readonly (typeof ONE | typeof OTHER)[]): Promise<TrustStore> {
  const store = openMemoryStore();
  const places = pins.map((pin, at) => {
    const [host, port] = ["192.0.2.1", 8443 + at];
    return { address: `${host}:${port}`, host, port, pin };
  });
  if (places.length > 0) await recordListeners(store, places, Date.now());
  return store;
}

describe("meantServer", () => {
  it("is the one listener that there is, with its key", async () => {
    await using store = await storeOf(ONE);
    assert.deepEqual(meantServer(store, {}), { servers: ["192.0.2.1:8443"], serverPin: ONE });
  });

  it("is what was said, whatever ran here", async () => {
    await using store = await storeOf(ONE);
    const said = { server: ["gw.example:443"], serverPin: OTHER };
    assert.deepEqual(meantServer(store, said), { servers: said.server, serverPin: OTHER });
    assert.deepEqual(meantServer(store, { server: said.server }), { servers: said.server, serverPin: ONE });
  });

  it("is none of several listeners until it is said which", async () => {
    await using store = await storeOf(ONE, ONE);
    assert.throws(() => meantServer(store, {}), {
      code: "ERR_HANDCLASP_AMBIGUOUS",
      message: "the server has several listeners: 192.0.2.1:8443, 192.0.2.1:8444",
    });
    assert.equal(meantServer(store, { server: ["gw.example:443"] }).serverPin, ONE);
  });

  it("has the key of the listener that was named, and of several keys none", async () => {
    await using store = await storeOf(ONE, OTHER);
    assert.equal(meantServer(store, { server: ["192.0.2.1:8444"] }).serverPin, OTHER);
    for (const server of [["gw.example:443"], ["192.0.2.1:8443", "192.0.2.1:8444"]]) {
      assert.throws(() => meantServer(store, { server }), {
        code: "ERR_HANDCLASP_AMBIGUOUS",
        message: /^the listeners have different keys: /,
        hint: /--server-pin/,
      });
    }
  });

  it("is asked for TLS as its listener is, unless it is said how", async () => {
    await using store = openMemoryStore();
    const [host, pin] = ["192.0.2.1", ONE];
    const web = { address: "192.0.2.1:443", host, port: 443, pin };
    const mail = { address: "192.0.2.1:25", host, port: 25, pin, starttls: "smtp" };
    const serversOf = (...server: readonly string[]): readonly string[] =>
      meantServer(store, server.length === 0 ? {} : { server }).servers;
    await recordListeners(store, [mail], Date.now());
    assert.deepEqual(serversOf(), ["smtp://192.0.2.1:25"]);
    assert.deepEqual(serversOf("mail.example:25", "tls://mail.example:465"), [
      "smtp://mail.example:25",
      "mail.example:465",
    ]);
    await recordListeners(store, [web, mail], Date.now());
    assert.deepEqual(serversOf("192.0.2.1:25", "192.0.2.1:443"), ["smtp://192.0.2.1:25", "192.0.2.1:443"]);
    assert.deepEqual(serversOf("gw.example:25", "imap://gw.example:143"), [
      "gw.example:25",
      "imap://gw.example:143",
    ]);
    assert.throws(() => serversOf("gopher://gw.example:70"), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("is not known where no server ran", async () => {
    await using store = await storeOf();
    assert.throws(() => meantServer(store, {}), { message: /it is not known where the server is/ });
    const said = { server: ["gw.example:443"] };
    assert.throws(() => meantServer(store, said), {
      message: /the server's key is not known/,
      hint: /--server-cert FILE/,
    });
    assert.equal(meantServer(store, { ...said, serverPin: ONE }).serverPin, ONE);
  });
});
