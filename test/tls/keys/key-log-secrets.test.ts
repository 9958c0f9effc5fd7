import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeyLogSecrets } from "../../../src/tls/keys/key-log-secrets.ts";

const SECRET = new Uint8Array(32).fill(7);
const random = (value: number): Uint8Array => new Uint8Array(32).fill(value);

describe("the secrets of many connections", () => {
  it("are found by label and client random, whichever array holds it", () => {
    const secrets = new KeyLogSecrets();
    assert.equal(secrets.add({ label: "CLIENT_RANDOM", clientRandom: random(1), secret: SECRET }), true);
    assert.equal(secrets.find("CLIENT_RANDOM", new Uint8Array([0, ...random(1)]).subarray(1)), SECRET);
    assert.equal(secrets.find("CLIENT_RANDOM", random(2)), undefined);
    assert.equal(secrets.find("SERVER_TRAFFIC_SECRET_0", random(1)), undefined);
  });

  it("have the later one of two with the same label", () => {
    const secrets = new KeyLogSecrets();
    for (const secret of [SECRET, random(9)])
      secrets.add({ label: "CLIENT_RANDOM", clientRandom: random(1), secret });
    assert.deepEqual(secrets.find("CLIENT_RANDOM", random(1)), random(9));
    assert.equal(secrets.size, 1);
  });

  it("are none that no record is decrypted with, and none that is longer than a secret can be", () => {
    const secrets = new KeyLogSecrets();
    for (const [label, length] of [
      ["EXPORTER_SECRET", 32],
      ["CLIENT_TRAFFIC_SECRET_N", 32],
      ["__proto__", 32],
      ["CLIENT_RANDOM", 65],
    ] as const)
      assert.equal(
        secrets.add({ label, clientRandom: random(1), secret: new Uint8Array(length) }),
        false,
        label,
      );
    assert.equal(secrets.size, 0);
  });

  it("are kept of so many connections, and forgotten with the oldest", () => {
    const secrets = new KeyLogSecrets({ maxConnections: 2 });
    for (const value of [1, 2, 1, 3])
      secrets.add({ label: "CLIENT_RANDOM", clientRandom: random(value), secret: SECRET });
    assert.equal(secrets.size, 2);
    assert.equal(secrets.find("CLIENT_RANDOM", random(1)), undefined);
    assert.equal(secrets.find("CLIENT_RANDOM", random(3)), SECRET);
  });

  it("are forgotten when their connection is over, and no other's", () => {
    const secrets = new KeyLogSecrets();
    for (const value of [1, 2])
      secrets.add({ label: "CLIENT_RANDOM", clientRandom: random(value), secret: SECRET });
    secrets.forget(random(1));
    assert.equal(secrets.find("CLIENT_RANDOM", random(1)), undefined);
    assert.equal(secrets.find("CLIENT_RANDOM", random(2)), SECRET);
  });
});
