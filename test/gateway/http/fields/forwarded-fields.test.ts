import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";
import {
  forwardedBehind,
  ForwardedFields,
  isForwarded,
} from "../../../../src/gateway/http/fields/forwarded-fields.ts";

const BOTH = ["rfc7239", "x-forwarded"] as const;

function told(address: string | undefined, host: string): readonly string[] {
  return new ForwardedFields(BOTH, address).to(host).raw;
}

describe("where requests come from", () => {
  it("is told in both forms, each as its readers know addresses and hosts", () => {
    assert.deepEqual(told("192.0.2.1", "app.example"), [
      "X-Forwarded-For",
      "192.0.2.1",
      "X-Forwarded-Proto",
      "https",
      "X-Forwarded-Host",
      "app.example",
      "Forwarded",
      "for=192.0.2.1;proto=https;host=app.example",
    ]);
    assert.deepEqual(told("2001:db8::1%eth0", "[::1]:8443"), [
      "X-Forwarded-For",
      "2001:db8::1",
      "X-Forwarded-Proto",
      "https",
      "X-Forwarded-Host",
      "[::1]:8443",
      "Forwarded",
      'for="[2001:db8::1]";proto=https;host="[::1]:8443"',
    ]);
  });

  it("is unknown when there is no address, and not the address of whoever asks next", () => {
    for (const address of [undefined, "", "/run/app.sock"]) {
      const { raw } = new ForwardedFields(BOTH, address).to("a");
      assert.deepEqual([raw[1], raw.at(-1)], ["unknown", "for=unknown;proto=https;host=a"]);
    }
  });

  it("is made once for each host in turn, an empty one too", () => {
    const fields = new ForwardedFields(["rfc7239"], "192.0.2.1");
    assert.match(fields.to("").raw.join(), /host=""$/);
    assert.equal(fields.to("a"), fields.to("a"));
    assert.match(fields.to("b").raw.join(), /host=b$/);
  });
});

describe("what a trusted proxy said of it", () => {
  const ours = new ForwardedFields(BOTH, "192.0.2.9").to("gw.example");

  it("comes before ours where each hop adds its own, and stays where the first hop's counts", () => {
    const said = new FieldList([
      "x-forwarded-for",
      "198.51.100.1, 198.51.100.2",
      "X-Forwarded-For",
      "198.51.100.3",
      "X-Forwarded-Proto",
      "http",
      "X-Forwarded-Host",
      "app.example",
      "Forwarded",
      "for=198.51.100.1",
    ]);
    assert.deepEqual(forwardedBehind(said, ours).raw, [
      "X-Forwarded-For",
      "198.51.100.1, 198.51.100.2, 198.51.100.3, 192.0.2.9",
      "X-Forwarded-Proto",
      "http",
      "X-Forwarded-Host",
      "app.example",
      "Forwarded",
      "for=198.51.100.1, for=192.0.2.9;proto=https;host=gw.example",
    ]);
  });

  it("is ours where it said nothing", () => {
    assert.deepEqual(forwardedBehind(new FieldList(), ours).raw, ours.raw);
  });

  it("ends with our word on who came to us, whatever it is and however it is spelled", () => {
    const spelled = fc.constantFrom("X-Forwarded-For", "x_forwarded_for", "X.Forwarded-For", "FORWARDED");
    const value = fc.string({ unit: "grapheme-ascii" });
    fc.assert(
      fc.property(fc.array(fc.tuple(spelled, value)), (pairs) => {
        assert.ok(pairs.every(([name]) => isForwarded(name)));
        const { raw } = forwardedBehind(new FieldList(pairs.flat()), ours);
        assert.equal(raw.length, ours.raw.length);
        assert.match(raw[1] ?? "", /(?:^|, )192\.0\.2\.9$/);
        assert.match(raw[7] ?? "", /(?:^|, )for=192\.0\.2\.9;proto=https;host=gw\.example$/);
      }),
    );
  });
});
