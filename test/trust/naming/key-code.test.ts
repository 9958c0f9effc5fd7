import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { encodeKeyCode, parseKeyCode } from "../../../src/trust/naming/key-code.ts";
import { toKeyPin } from "../../../src/trust/naming/key-pin.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";

const pin: fc.Arbitrary<KeyPin> = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toKeyPin);
const SERVER = toKeyPin(new Uint8Array(32).fill(1));
const CLIENT = toKeyPin(new Uint8Array(32).fill(2));

function assertRefused(text: string): void {
  assert.throws(
    () => parseKeyCode(text),
    (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"),
    text,
  );
}

describe("a key code", () => {
  it("is the server's pin and the client's in base64url", () => {
    const bytes = Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
    assert.equal(encodeKeyCode({ serverPin: SERVER, pin: CLIENT }), `hck1.${bytes.toString("base64url")}`);
  });

  it("says the same after it was written and read, white space or not", () => {
    fc.assert(
      fc.property(pin, pin, (serverPin, client) => {
        const code = encodeKeyCode({ serverPin, pin: client });
        assert.deepEqual(parseKeyCode(code), { serverPin, pin: client });
        assert.deepEqual(parseKeyCode(`  ${code.slice(0, 30)}\n ${code.slice(30)} `), {
          serverPin,
          pin: client,
        });
      }),
    );
  });

  it("has one spelling: whatever else reads as a code is written as it was read", () => {
    const code = encodeKeyCode({ serverPin: SERVER, pin: CLIENT });
    const other = fc.tuple(fc.nat({ max: code.length - 1 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(other, ([at, text]) => {
        const changed = code.slice(0, at) + text + code.slice(at + 1);
        try {
          assert.equal(encodeKeyCode(parseKeyCode(changed)), changed.replaceAll(/\s/g, ""));
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"), String(error));
        }
      }),
    );
  });

  it("is no join token, no pin, none of another version, and nothing shorter or longer", () => {
    const code = encodeKeyCode({ serverPin: SERVER, pin: CLIENT });
    const others = ["", "hck1.", CLIENT, code.replace("hck1.", "hc1."), code.replace("hck1.", "hck2.")];
    for (const other of [...others, code.slice(0, -1), `${code}A`, `${code}=`]) assertRefused(other);
  });
});
