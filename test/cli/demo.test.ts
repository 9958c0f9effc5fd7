import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Home } from "./support/serve.ts";

const LINE = /^content_type=<_TLSContentType\.([A-Z_]+): \d+>\t\tmsg_type=<_TLS\w+\.([A-Z_]+): \d+>$/;
const FIRST_HANDSHAKE =
  "CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS CERTIFICATE_REQUEST CERTIFICATE CERTIFICATE_VERIFY FINISHED " +
  "CERTIFICATE CERTIFICATE_VERIFY FINISHED NEWSESSION_TICKET NEWSESSION_TICKET";

describe("demo", () => {
  it("holds in every step, and ends with the listing of its first handshake, decrypted", async () => {
    using home = new Home();
    const { code, stdout, stderr } = await home.run(["demo"]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const [story = "", listing = ""] = stdout.split("The first handshake, as the server saw it:\n\n");
    assert.doesNotMatch(story, /^FAIL/m);
    assert.equal(story.match(/^ok {4}/gm)?.length, 11);
    // That anna was met, was revoked, and came back.
    assert.match(story, /^ {6}3 events, head [0-9a-f]{64}$/m);
    const lines = listing
      .trimEnd()
      .split("\n")
      .map((line) => LINE.exec(line));
    assert.ok(!lines.includes(null), listing);
    const handshake = lines.filter((line) => line?.[1] === "HANDSHAKE").map((line) => line?.[2]);
    assert.equal(handshake.join(" "), FIRST_HANDSHAKE);
  });
});
