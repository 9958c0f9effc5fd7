import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { HTTP_400, rulesOf, shownTo } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const good = made.make("good", { issuer: "root" });
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const old = made.make("old", { issuer: "root", from: "20200101000000Z", until: "20210101000000Z" });
const shown = shownTo(root, here);

function answered(text: string, chain: readonly Uint8Array[]): readonly string[] {
  return rulesOf(judgeHandshake(shown(chain, { isDone: true, said: { server: Buffer.from(text) } })));
}

describe("what is made of an answer in HTTP", () => {
  it("takes no page about nginx's errors for one of them", () => {
    const page = HTTP_400.replace(/^HTTP\/1\.1 \d+/, "HTTP/1.1 200");
    assert.match(page, /^HTTP\/1\.1 200/);
    const spoke = new Set<Sender>(["client", "server"]);
    const well = { isDone: true, spoke, said: { server: Buffer.from(page) } };
    for (const chain of [[good], []]) assert.deepEqual(rulesOf(judgeHandshake(shown(chain, well))), []);
  });

  it("knows what nginx says of a certificate, by its words and by its own statuses", () => {
    for (const text of [HTTP_400, "HTTP/1.1 495 \r\n\r\n"]) {
      assert.deepEqual(answered(text, [old]), ["certificate-expired likely"]);
    }
    const nothing = ["no-certificate possible", "certificate-withheld possible"];
    assert.deepEqual(answered("HTTP/1.1 496 \r\n\r\n", []), nothing);
    assert.deepEqual(answered("HTTP/1.1 421 \r\n\r\n", [good]), ["unknown-server-name likely"]);
  });

  it("takes 401 and 403 for a refusal only where a certificate was asked for", () => {
    for (const status of [401, 403]) {
      const said = { server: Buffer.from(`HTTP/1.1 ${status} no\r\n\r\n`) };
      const denied = shown([good], { isDone: true, said });
      assert.deepEqual(rulesOf(judgeHandshake(denied)), ["refused-after-handshake possible"]);
      const unasked = { ...denied, certificateRequest: undefined, spoke: new Set<Sender>(["server"]) };
      assert.deepEqual(rulesOf(judgeHandshake(unasked)), []);
    }
  });
});
