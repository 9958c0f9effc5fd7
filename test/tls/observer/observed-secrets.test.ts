import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ObservedSecrets } from "../../../src/tls/observer/observed-secrets.ts";

const OWN = new Uint8Array(32).fill(1);
const SECRET = new Uint8Array(48).fill(2);

describe("ObservedSecrets", () => {
  it("finds the connection's own, whether they came before or after its hello", () => {
    const secrets = new ObservedSecrets();
    assert.equal(secrets.add("CLIENT_HANDSHAKE_TRAFFIC_SECRET", OWN, SECRET), true);
    assert.equal(secrets.find("CLIENT_HANDSHAKE_TRAFFIC_SECRET", OWN), undefined);
    secrets.own(OWN);
    secrets.add("CLIENT_TRAFFIC_SECRET_0", OWN, SECRET);
    assert.equal(secrets.find("CLIENT_HANDSHAKE_TRAFFIC_SECRET", OWN), SECRET);
    assert.equal(secrets.find("CLIENT_TRAFFIC_SECRET_0", OWN), SECRET);
  });

  it("keeps none once the connection is over", () => {
    const secrets = new ObservedSecrets();
    secrets.own(OWN);
    secrets.add("CLIENT_RANDOM", OWN, SECRET);
    secrets.forget();
    assert.equal(secrets.find("CLIENT_RANDOM", OWN), undefined);
    secrets.own(OWN);
    assert.equal(secrets.find("CLIENT_RANDOM", OWN), undefined);
  });
});
