import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type GuardOptions, guardSettings } from "../../src/guard/options.ts";
import { Happenings } from "../../src/trust/happenings/happenings.ts";

function dangerouslyReceivePending(): void {}

describe("guardSettings", () => {
  it("asks every client for a certificate, trusts no CA, and tells why, where nothing is said", () => {
    const { remoteAddressOf, ...settings } = guardSettings({});
    assert.equal(typeof remoteAddressOf, "function");
    assert.deepEqual(settings, {
      clientCertificate: "required",
      trustCa: "none",
      alerts: true,
      handshakeTimeoutMs: 10_000,
      maxHandshakes: 1024,
      allowHalfOpen: false,
      listener: null,
    });
  });

  it("keeps what is said, false and others' objects too", () => {
    const happenings = new Happenings();
    const said = {
      alerts: false,
      clientCertificate: "optional",
      happenings,
      dangerouslyReceivePending,
    } as const;
    const {
      alerts,
      clientCertificate,
      happenings: kept,
      dangerouslyReceivePending: pending,
    } = guardSettings(said);
    assert.deepEqual([alerts, clientCertificate], [false, "optional"]);
    assert.equal(kept, happenings);
    assert.equal(pending, dangerouslyReceivePending);
  });

  it("refuses what is no option, and what an option cannot be: none of it would protect anybody", () => {
    const wrong: readonly unknown[] = [
      { clientCertificates: "required" },
      { clientCertificate: "maybe" },
      { trustCa: true },
      { alerts: "no" },
      { handshakeTimeoutMs: -1 },
      { maxHandshakes: 1.5 },
      { handshakeTimeoutMs: "10s" },
      { happenings: {} },
      { dangerouslyReceivePending: true },
    ];
    for (const options of wrong) {
      assert.throws(
        () => guardSettings(options as GuardOptions),
        { code: "ERR_HANDCLASP_OPTION" },
        JSON.stringify(options),
      );
    }
  });
});
