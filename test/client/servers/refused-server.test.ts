import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RefusedServer, refusedServer } from "../../../src/client/servers/refused-server.ts";
import type { ServerRefusal } from "../../../src/client/servers/judge-server.ts";
import type { HandclaspError } from "../../../src/errors.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";

const NEW = `sha256:${"A".repeat(43)}=` as const;
const OLD = `sha256:${"B".repeat(42)}A=` as const;
const SERVER: RefusedServer = {
  address: "gw.example:8443",
  pin: NEW,
  store: "sqlite:/known_servers.db",
  isElsewhere: false,
};

function refusal(reason: ServerRefusal["reason"], over: Partial<RefusedServer> = {}): HandclaspError {
  const known = reason === "key-changed" ? [OLD] : [];
  return refusedServer({ ...SERVER, ...over }, { decision: "refuse", reason, known });
}

describe("refusedServer", () => {
  it("shows the whole key of a server that is not known, and approves it where it is kept", () => {
    const error = refusal("unknown");
    assert.equal(error.code, "ERR_HANDCLASP_REFUSED");
    assert.match(error.message, /^gw\.example:8443 is not a known server\n/);
    for (const key of [toKeyId(NEW), NEW]) assert.ok(error.message.includes(key));
    assert.deepEqual(error.remedies, [
      { act: "approve-key", at: "client", key: toKeyId(NEW), options: { store: SERVER.store } },
    ]);
  });

  it("shows both keys of one that has changed its key, and replaces the old one", () => {
    const error = refusal("key-changed");
    assert.match(error.message, /has another key than before: it may be somebody else\n/);
    for (const key of [toKeyId(NEW), NEW, toKeyId(OLD), OLD]) assert.ok(error.message.includes(key));
    const [remedy] = error.remedies ?? [];
    assert.equal(remedy?.act, "approve-key");
    assert.deepEqual(remedy?.options, { store: SERVER.store, replace: true });
  });

  it("has the old key forgotten when the new one is trusted elsewhere, where it cannot be approved again", () => {
    const [remedy] = refusal("key-changed", { isElsewhere: true }).remedies ?? [];
    assert.deepEqual([remedy?.act, remedy?.key], ["forget-key", toKeyId(OLD)]);
  });

  it("says what was decided about a key, in words", () => {
    assert.match(refusal("revoked").message, /^the key of gw\.example:8443 is revoked here\n/);
    assert.match(refusal("set-aside").message, / is set aside here\n/);
  });

  it("escapes an address, which may come from a token", () => {
    const { message } = refusal("unknown", { address: "a\u001b[2J:1" });
    assert.ok(!message.includes("\u001b"));
  });
});
