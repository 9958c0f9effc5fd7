import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusalText } from "../../src/cli/explain.ts";
import { flat } from "../../src/cli/terminal/prose.ts";
import { judgeRefusal, type RefusalFacts } from "../../src/explain/judge-refusal.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { randomPin } from "../support/certificates.ts";

const PIN = randomPin();
const DENIED: RefusalFacts["refusal"] = {
  pin: PIN,
  reason: "path-not-allowed",
  detail: null,
  problem: "the rule for /admin denied GET /admin/users",
  fingerprint: null,
  peer: "ada",
  address: "192.0.2.7",
  listener: "web",
  connection: "0123abcd-1",
  firstAt: 0,
  lastAt: 60_000,
  count: 1,
};

function said(more: Partial<RefusalFacts["refusal"]> = {}): string {
  const refusal = { ...DENIED, ...more };
  const facts = { refusal, key: undefined, holder: undefined, alert: null, olderAlert: null };
  return flat(refusalText(judgeRefusal(facts)));
}

describe("refusalText, of requests that a path rule denied", () => {
  it("says which rule it was, at which listener, and what would allow it", () => {
    assert.equal(
      said(),
      `A client from 192.0.2.7, who showed the key ${toKeyId(PIN)} under the name "ada", was refused at the ` +
        'listener "web" at 1970-01-01T00:01:00Z (connection 0123abcd-1): path-not-allowed, HTTP status 403. ' +
        "The key is trusted, but a list leaves its peer out of what it asked for. " +
        "What was wrong: the rule for /admin denied GET /admin/users. " +
        "To let it in, add the name to `allow` in the gateway's configuration; or to a group that it allows: " +
        `handclasp group add GROUP ${toKeyId(PIN)}`,
    );
  });

  it("says so of the list of the listener, where that is what denied it", () => {
    assert.match(
      said({ problem: "the listener's list denied GET /x" }),
      /a list leaves its peer out of what it asked for\. What was wrong: the listener's list denied GET \/x\./,
    );
  });

  it("tells a client without a certificate to show one", () => {
    const text = said({ pin: null, peer: null });
    assert.match(text, /it showed no certificate/);
    assert.match(text, /Let the client show a certificate/);
    assert.doesNotMatch(text, /`allow`|group add/);
  });

  it("shows no raw text of a listener's name", () => {
    assert.ok(!said({ listener: "a\u001b[2Jb" }).includes("\u001b"));
  });
});
