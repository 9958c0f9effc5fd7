import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusalText } from "../../src/cli/explain.ts";
import { flat } from "../../src/cli/terminal/prose.ts";
import { judgeRefusal, type RefusalFacts } from "../../src/explain/judge-refusal.ts";
import { REFUSAL_REASONS } from "../../src/trust/judging/alerts.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { randomPin } from "../support/certificates.ts";

const PIN = randomPin();
const PENDING: RefusalFacts["refusal"] = {
  pin: PIN,
  reason: "pending",
  detail: null,
  problem: null,
  fingerprint: null,
  peer: "ada",
  address: "192.0.2.7",
  listener: "authorizer",
  connection: "0123abcd-1",
  firstAt: 0,
  lastAt: 60_000,
  count: 1,
};

function said(more: Partial<RefusalFacts["refusal"]> = {}): string {
  const refusal = { ...PENDING, ...more };
  const facts = { refusal, key: undefined, holder: undefined, alert: null, olderAlert: null };
  return flat(refusalText(judgeRefusal(facts)));
}

describe("refusalText, of clients that a proxy asked about", () => {
  it("says that it was a proxy who was told, and by which status", () => {
    assert.ok(
      said().startsWith(
        `A client from 192.0.2.7, who showed the key ${toKeyId(PIN)} under the name "ada", was refused at the ` +
          'listener "authorizer" at 1970-01-01T00:01:00Z (connection 0123abcd-1): pending, HTTP status 403 to ' +
          "the proxy that asked. The key was never approved",
      ),
    );
    assert.match(said({ reason: "no-certificate" }), /HTTP status 401 to the proxy that asked/);
    assert.match(said({ reason: "store-unavailable" }), /HTTP status 503 to the proxy that asked/);
  });

  it("speaks of no alert, for none was sent", () => {
    for (const reason of REFUSAL_REASONS) assert.doesNotMatch(said({ reason }), /alert|TLS/, reason);
  });

  it("says of a missing certificate that the proxy may not have passed it on", () => {
    const text = said({ reason: "no-certificate", pin: null, peer: null });
    assert.match(text, /The proxy handed over no certificate: .* does not pass it on\./);
    assert.doesNotMatch(text, /client-certificate optional/);
  });

  it("says of a token for another server which key tokens are for", () => {
    const text = said({ reason: "token-invalid", detail: "wrong-server" });
    assert.match(
      text,
      /tokens are for the key of the proxy's certificate, which the authorizer has to be given/,
    );
  });
});
