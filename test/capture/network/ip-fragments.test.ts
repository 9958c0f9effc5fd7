import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IpFragments } from "../../../src/capture/network/ip-fragments.ts";
import type { IpPacket } from "../../../src/capture/network/ip-packet.ts";

interface Part {
  readonly id?: number;
  readonly offset: number;
  readonly text: string;
  readonly more?: boolean;
  readonly missing?: number;
  readonly source?: number;
}

/** The payload once it is whole. */
function add(fragments: IpFragments, part: Part): string | undefined {
  const { id = 1, offset, text, more = true, missing = 0, source = 1 } = part;
  const addresses = Uint8Array.of(192, 0, 2, source, 198, 51, 100, 7);
  const data = Buffer.concat([addresses, Buffer.from(text)]);
  const fragment = { id, offset, more };
  const packet: IpPacket = {
    data,
    addressesAt: 0,
    addressBytes: 4,
    protocol: 6,
    payloadAt: 8,
    payloadEnd: data.length,
    missing,
    fragment,
  };
  const whole = fragments.add(packet, fragment);
  if (whole === undefined) return undefined;
  assert.equal(whole.fragment, undefined);
  assert.deepEqual([...whole.data.subarray(whole.addressesAt, whole.addressesAt + 8)], [...addresses]);
  return Buffer.from(whole.data.subarray(whole.payloadAt, whole.payloadEnd)).toString();
}

const FIRST = { offset: 0, text: "01234567" };
const SECOND = { offset: 8, text: "89abcdef" };
const LAST = { offset: 16, text: "end", more: false };

describe("fragments of a datagram", () => {
  it("are one when all have come, in whatever order, once", () => {
    for (const order of [
      [FIRST, SECOND, LAST],
      [LAST, FIRST, SECOND],
      [SECOND, SECOND, LAST, FIRST],
    ]) {
      const fragments = new IpFragments();
      const told = order.map((part) => add(fragments, part));
      assert.deepEqual(
        told.filter((text) => text !== undefined),
        ["0123456789abcdefend"],
      );
      assert.equal(told.at(-1), "0123456789abcdefend");
      assert.equal(fragments.lost, 0);
    }
  });

  it("keep the copy that came first", () => {
    const fragments = new IpFragments();
    add(fragments, FIRST);
    add(fragments, { ...FIRST, text: "XXXXXXXX" });
    add(fragments, SECOND);
    assert.equal(add(fragments, LAST), "0123456789abcdefend");
  });

  it("are apart by number and by address", () => {
    const fragments = new IpFragments();
    add(fragments, FIRST);
    add(fragments, SECOND);
    assert.equal(add(fragments, { ...LAST, id: 2 }), undefined);
    assert.equal(add(fragments, { ...LAST, source: 9 }), undefined);
    assert.equal(fragments.lost, 3);
  });

  it("have no place when they are cut, reach too far, or are no multiple of eight before the last", () => {
    const fragments = new IpFragments();
    add(fragments, { ...FIRST, missing: 1 });
    add(fragments, { offset: 65_528, text: "0123456789abcdef" });
    add(fragments, { offset: 0, text: "123" });
    assert.equal(fragments.lost, 3);
  });

  it("wait 64 at a time: the oldest is given up for a new one, and counted", () => {
    const fragments = new IpFragments();
    for (let id = 1; id <= 65; id++) add(fragments, { ...FIRST, id });
    assert.equal(fragments.lost, 65);
    add(fragments, { ...SECOND, id: 65 });
    assert.equal(add(fragments, { ...LAST, id: 65 }), "0123456789abcdefend");
    assert.equal(fragments.lost, 64);
  });
});
