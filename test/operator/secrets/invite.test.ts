import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CreateTokenOptions, invite } from "../../../src/operator/secrets/invite.ts";
import { joinTokenPublicKey } from "../../../src/trust/naming/join-token.ts";
import { randomPin } from "../../support/certificates.ts";
import { NOW } from "../../trust/support/office.ts";

const ASKED = { peer: " Anna  Lund ", servers: ["here.example:8443"], serverPin: randomPin() };
const HOUR_MS = 3_600_000;

function throwsWhere(over: Partial<CreateTokenOptions>, code: string): void {
  assert.throws(() => invite({ ...ASKED, ...over }, NOW), { code }, JSON.stringify(over));
}

describe("invite", () => {
  it("keeps what recognises the client, and nothing that lets anybody in", () => {
    const groups = ["dba"];
    const { token, kept } = invite({ ...ASKED, from: "192.0.2.0/24", replace: true, groups }, NOW + 1);
    assert.deepEqual(
      { ...kept, publicKey: null },
      {
        id: token.id,
        publicKey: null,
        peer: "Anna Lund",
        serverPin: ASKED.serverPin,
        from: "192.0.2.0/24",
        replace: true,
        groups,
        expires: NOW + HOUR_MS,
      },
    );
    assert.deepEqual(kept.publicKey, joinTokenPublicKey(token));
    assert.notEqual(invite(ASKED, NOW).token.id, token.id);
  });

  it("is good for an hour unless told, from a second to 90 days, and to the second", () => {
    assert.equal(invite({ ...ASKED, forMs: 1999 }, NOW).kept.expires, NOW + 1000);
    assert.equal(invite({ ...ASKED, forMs: 90 * 24 * HOUR_MS }, NOW).kept.expires, NOW + 90 * 24 * HOUR_MS);
    for (const forMs of [999, 90 * 24 * HOUR_MS + 1, Number.NaN, -1])
      throwsWhere({ forMs }, "ERR_HANDCLASP_OPTION");
  });

  it("is for a name that can be one, a network that is one, a pin that is one and servers that can be reached", () => {
    throwsWhere({ peer: "a\u001b[2J" }, "ERR_HANDCLASP_NAME");
    throwsWhere({ from: "192.0.2.0/33" }, "ERR_HANDCLASP_OPTION");
    throwsWhere({ serverPin: "sha256:no" }, "ERR_HANDCLASP_OPTION");
    throwsWhere({ servers: [] }, "ERR_HANDCLASP_OPTION");
  });
});
