import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { encodeProxyHeader } from "../../../src/gateway/proxy-protocol/proxy-header.ts";
import { readProxyHeader } from "../../../src/gateway/proxy-protocol/read-proxy-header.ts";
import { Peer } from "../../../src/guard/connection/peer.ts";
import { connectionOf } from "../../../src/guard/connection/peer-of.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectWithHeader, headerV2, tlvsOf } from "../support/proxy-header.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { openClient, openUpstream } from "../support/upstream.ts";

const ada = await identity("ada");

interface Received {
  readonly header: ReturnType<typeof readProxyHeader>;
  readonly rest: string;
  readonly tls: Map<number, Buffer>;
  readonly tlvs: Map<number, Buffer>;
  readonly flags: number;
  readonly verify: number;
}

/** What an upstream gets of a client that says "x". */
async function introduced(arrived: Promise<Socket>, client: TLSSocket): Promise<Received> {
  client.write("x");
  const socket = await arrived;
  let bytes = Buffer.alloc(0);
  while (readProxyHeader(bytes) === undefined || bytes.at(-1) !== 0x78) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  const header = readProxyHeader(bytes);
  assert.ok(header);
  const tlvs = tlvsOf(bytes.subarray(28, header.bytes));
  const ssl = tlvs.get(0x20) ?? Buffer.alloc(5);
  client.destroy();
  return {
    header,
    rest: bytes.subarray(header.bytes).toString(),
    tlvs,
    tls: tlvsOf(ssl.subarray(5)),
    flags: ssl.readUInt8(0),
    verify: ssl.readUInt32BE(1),
  };
}

describe("sendProxy v2", () => {
  it("tells the upstream where the client comes from, whom it is recognised as, and what TLS it speaks", async () => {
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { sendProxy: "v2" })]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada, { servername: "db.example" });
    const { localPort } = client;
    const { header, rest, tlvs, tls, flags, verify } = await introduced(arrived, client);
    assert.deepEqual(header?.from, {
      sourceAddress: "127.0.0.1",
      sourcePort: localPort,
      destinationAddress: "127.0.0.1",
      destinationPort: scene.port,
    });
    assert.equal(rest, "x");
    assert.equal(tlvs.get(0x02)?.toString(), "db.example");
    assert.equal(flags, 0x07);
    assert.equal(verify, 0);
    assert.equal(tls.get(0x21)?.toString(), "TLSv1.3");
    assert.equal(tls.get(0x22)?.toString(), "ada");
    assert.match(String(tls.get(0x23)), /^TLS_AES_/);
    assert.equal(tls.get(0x24)?.toString(), "ecdsa-with-SHA256");
    assert.equal(tls.get(0x25)?.toString(), "EC256");
    assert.deepEqual(tls.get(0x28), Buffer.from(ada.facts.der));
  });

  it("names the peer as the trust store does, not as the certificate", async () => {
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { sendProxy: "v2" })]));
    const met = upstream.connection();
    const first = await openClient(scene.port, ada);
    await met;
    first.destroy();
    await scene.operator.rename("ada", "Ada Lovelace");
    const { tls } = await introduced(upstream.connection(), await openClient(scene.port, ada));
    assert.equal(tls.get(0x22)?.toString(), "Ada Lovelace");
  });

  it("says of a resumed connection that the certificate came with the session", async () => {
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { sendProxy: "v2" })]));
    const first = await openClient(scene.port, ada);
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const client = await openClient(scene.port, ada, { session });
    assert.ok(client.isSessionReused());
    const { flags, verify, tls } = await introduced(upstream.connection(), client);
    assert.equal(flags, 0x05);
    assert.equal(verify, 0);
    assert.deepEqual(tls.get(0x28), Buffer.from(ada.facts.der));
  });

  it("has no name and nothing verified for an anonymous client", async () => {
    await using upstream = await openUpstream(() => undefined);
    const over = { sendProxy: "v2", clientCertificate: "optional" } as const;
    await using scene = await openGateway(configOf([listenerTo(upstream.port, over)]));
    const { flags, verify, tls } = await introduced(
      upstream.connection(),
      await openClient(scene.port, undefined),
    );
    assert.equal(flags, 0x01);
    assert.notEqual(verify, 0);
    assert.equal(tls.has(0x22), false);
    assert.equal(tls.has(0x28), false);
  });

  it("passes on the address that a proxy in front said", async () => {
    await using upstream = await openUpstream(() => undefined);
    const over = { sendProxy: "v2", acceptProxy: ["127.0.0.1"] } as const;
    await using scene = await openGateway(configOf([listenerTo(upstream.port, over)]));
    const client = await connectWithHeader(scene.port, headerV2("198.51.100.7", 40_000), ada);
    const { header } = await introduced(upstream.connection(), client);
    assert.deepEqual(header?.from, {
      sourceAddress: "198.51.100.7",
      sourcePort: 40_000,
      destinationAddress: "203.0.113.9",
      destinationPort: 443,
    });
  });

  it("is refused, not cut, when it would be longer than its length field can say", async () => {
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const [{ server } = assert.fail()] = scene.opened;
    const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
    const client = await openClient(scene.port, ada);
    const [socket] = await accepted;
    const connection = connectionOf(socket);
    assert.ok(connection?.peer);
    const { transport, peer } = connection;
    const encoded = (bytes: number): Buffer => {
      const { name, firstUse, renewed, rotated, tlsVersion, resumed } = peer;
      const facts = { ...peer.certificate.facts, der: new Uint8Array(bytes) };
      const meeting = {
        name,
        facts,
        firstUse,
        renewed,
        rotated,
        tlsVersion,
        resumed,
        connection: connection.id,
        groups: { groupsOf: () => [], isMember: () => false },
      };
      return encodeProxyHeader({ socket, transport, peer: new Peer(meeting) });
    };
    const overhead = encoded(0).length - 16;
    assert.equal(encoded(0xffff - overhead).readUInt16BE(14), 0xffff);
    for (const bytes of [0xffff - overhead + 1, 0xffff, 0x10000, 0x20000]) {
      assert.throws(() => encoded(bytes), { code: "ERR_HANDCLASP_OPTION", message: /cannot hold \d+ bytes/ });
    }
    client.destroy();
  });
});
