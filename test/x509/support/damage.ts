import * as fc from "fast-check";

/** Bytes with something wrong with them; the other ones may lend theirs. */
export type Damage = (bytes: Uint8Array, other: Uint8Array) => Uint8Array;

/** A bit, a byte or some bytes changed, added or taken out, a cut, or the beginning of one with the end of another. */
export const damage: fc.Arbitrary<Damage> = fc
  .record({ at: fc.nat(), from: fc.nat(), few: fc.uint8Array({ minLength: 1, maxLength: 4 }) })
  .chain(({ at, from, few }) =>
    fc.constantFrom<Damage>(
      (bytes) => replaced(bytes, at, 1, few.subarray(0, 1)),
      (bytes) =>
        replaced(bytes, at, 1, Uint8Array.of((bytes[at % (bytes.length + 1)] ?? 0) ^ (1 << (from % 8)))),
      (bytes) => replaced(bytes, at, few.length, few),
      (bytes) => replaced(bytes, at, 0, few),
      (bytes) => replaced(bytes, at, few.length, new Uint8Array()),
      (bytes) => bytes.subarray(0, at % (bytes.length + 1)),
      (bytes, other) =>
        Buffer.concat([bytes.subarray(0, at % bytes.length), other.subarray(at % bytes.length)]),
      (bytes, other) =>
        Buffer.concat([bytes.subarray(0, at % bytes.length), other.subarray(from % other.length)]),
    ),
  );

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  const place = at % (bytes.length + 1);
  return Uint8Array.of(...bytes.subarray(0, place), ...by, ...bytes.subarray(place + length));
}
