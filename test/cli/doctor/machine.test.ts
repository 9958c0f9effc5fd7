import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examineClock, examineEnvironment, examineRuntime } from "../../../src/cli/doctor/machine.ts";

describe("examineRuntime", () => {
  it("finds the Node that these tests need well, with TLS 1.3 and ML-DSA", () => {
    const found = examineRuntime().map(({ subject, status }) => [subject, status]);
    assert.deepEqual(Object.fromEntries(found), { node: "ok", "tls 1.3": "ok", "ml-dsa": "ok" });
  });
});

describe("examineEnvironment", () => {
  it("warns of what weakens TLS in every Node process", () => {
    for (const [name, value] of [
      ["SSLKEYLOGFILE", "/tmp/keys"],
      ["NODE_EXTRA_CA_CERTS", "/tmp/ca.pem"],
      ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
      ["NODE_OPTIONS", "--tls-keylog=/tmp/keys"],
    ] as const) {
      const [finding] = examineEnvironment({ [name]: value }, []);
      assert.equal(finding?.status, "warn");
      assert.ok(finding.message.startsWith(name));
    }
  });

  it("warns of the same when this process was started so", () => {
    const [finding] = examineEnvironment({}, ["--tls-keylog=/tmp/keys"]);
    assert.equal(finding?.status, "warn");
  });

  it("finds nothing in an environment without them", () => {
    const findings = examineEnvironment({ SSLKEYLOGFILE: "", NODE_TLS_REJECT_UNAUTHORIZED: "1" }, []);
    assert.deepEqual(
      findings.map(({ status }) => status),
      ["ok"],
    );
  });
});

describe("examineClock", () => {
  const now = Date.UTC(2030, 0, 1);

  it("believes a clock that goes on from the last change of trust", () => {
    assert.equal(examineClock(now, now - 1000)[0]?.status, "ok");
    assert.equal(examineClock(now, null)[0]?.status, "ok");
    assert.equal(examineClock(now, now + 299_000)[0]?.status, "ok", "clocks of two machines");
  });

  it("finds a clock broken that went back, or was never set", () => {
    assert.equal(examineClock(now, now + 3_600_000)[0]?.status, "broken");
    assert.equal(examineClock(0, null)[0]?.status, "broken");
  });
});
