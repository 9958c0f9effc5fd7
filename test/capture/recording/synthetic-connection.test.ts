import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIpPacket } from "../../../src/capture/network/ip-packet.ts";
import { SyntheticConnection } from "../../../src/capture/recording/synthetic-connection.ts";
import { parseTcpSegment, type TcpSegment } from "../../../src/capture/tcp/tcp-segment.ts";

const CLIENT = { address: "192.0.2.1", port: 50_000 };
const SERVER = { address: "198.51.100.7", port: 443 };

function segmentsOf(frames: readonly Uint8Array[]): readonly TcpSegment[] {
  return frames.map((bytes) => {
    const packet = parseIpPacket(bytes, 14);
    const segment = packet && parseTcpSegment(bytes, packet.payloadAt, packet.payloadEnd);
    assert.ok(segment !== undefined);
    return segment;
  });
}

const numbers = ({ sequence, acknowledgment }: TcpSegment): readonly unknown[] => [sequence, acknowledgment];

/** Both addresses of the first frame. */
function addresses(client: string, server: string): string {
  const [frame = new Uint8Array()] = new SyntheticConnection(
    { address: client, port: 1 },
    { address: server, port: 2 },
  ).open();
  const packet = parseIpPacket(frame, 14);
  assert.ok(packet !== undefined);
  const { addressesAt, addressBytes } = packet;
  return Buffer.from(frame.subarray(addressesAt, addressesAt + 2 * addressBytes)).toString("hex");
}

describe("a connection as it could have been on the wire", () => {
  it("begins with SYN, SYN and ACK, ACK", () => {
    const [syn, both, ack] = segmentsOf(new SyntheticConnection(CLIENT, SERVER).open());
    assert.deepEqual(
      [syn?.syn, syn?.acknowledgment, both?.syn, both?.acknowledgment],
      [true, undefined, true, 1],
    );
    assert.deepEqual([ack?.syn, ack?.sequence, ack?.acknowledgment], [false, 1, 1]);
  });

  it("numbers what each side sends, and acknowledges all that the other sent before", () => {
    const connection = new SyntheticConnection(CLIENT, SERVER);
    connection.open();
    const [one] = segmentsOf(connection.data("client", Buffer.from("hello")));
    const [two] = segmentsOf(connection.data("server", Buffer.from("hi")));
    const [three] = segmentsOf(connection.finish("client"));
    const [four] = segmentsOf(connection.finish("server"));
    assert.deepEqual(
      [one, two, three, four].map((each) => each && numbers(each)),
      [
        [1, 1],
        [1, 6],
        [6, 3],
        [3, 7],
      ],
    );
    assert.equal(three?.fin, true);
  });

  it("has as many segments as the bytes need, and none for nothing", () => {
    const connection = new SyntheticConnection(CLIENT, SERVER);
    const sent = segmentsOf(connection.data("client", new Uint8Array(150_000)));
    assert.deepEqual(
      sent.map(({ payload }) => payload.length),
      [65_495, 65_495, 19_010],
    );
    assert.deepEqual(connection.data("client", new Uint8Array()), []);
  });

  it("may be reset by either side", () => {
    const [reset] = segmentsOf(new SyntheticConnection(CLIENT, SERVER).reset("server"));
    assert.deepEqual([reset?.reset, reset?.sourcePort], [true, 443]);
  });

  it("is of IPv6 as soon as one side is, and of 0.0.0.0 where there is no address", () => {
    assert.equal(addresses("192.0.2.1", "198.51.100.7"), "c0000201c6336407");
    assert.equal(addresses("192.0.2.1", "::1"), `${"0".repeat(20)}ffffc0000201${"0".repeat(31)}1`);
    assert.equal(addresses("/run/x.sock", "198.51.100.7"), "00000000c6336407");
  });
});
