import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anna, exchangeRaw, openHttpScene } from "./support/http-scene.ts";
import { FORGED, mirrored, openMirror, valuesOf } from "./support/mirror.ts";
import { connectWithHeader, headerV2, rawV2 } from "./support/proxy-header.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { received } from "./support/upstream.ts";

describe("the upstream of a client behind a proxy that only passes bytes on", () => {
  it("gets nothing that the client said of itself, but where the proxy says that it is", async () => {
    await using upstream = await openMirror();
    const to = {
      kind: "tcp",
      address: { host: "127.0.0.1", port: upstream.port },
      protocol: "http",
    } as const;
    const listener = listenerTo(to, { mode: "http", acceptProxy: ["127.0.0.0/8"] });
    await using scene = await openGateway(configOf([listener]));
    const said = async (header: Uint8Array | string): Promise<readonly string[]> => {
      const client = await connectWithHeader(scene.port, header, anna);
      client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${FORGED.join("\r\n")}\r\n\r\n`);
      const { fields } = mirrored(String(await received(client)));
      return valuesOf(fields, /^(?:forwarded|x.|ssl.|remote)/);
    };
    // The second one is a neighbour of the proxy's.
    for (const client of ["192.0.2.7", "127.0.0.9"]) {
      assert.deepEqual(await said(`PROXY TCP4 ${client} 203.0.113.9 1 2\r\n`), [
        client,
        "https",
        "a",
        `for=${client};proto=https;host=a`,
      ]);
    }
    // A client is there, and nothing is said of where: UNSPEC, datagrams, and the word for both in version 1.
    const addresses = headerV2("198.51.100.7", 1).subarray(16);
    const nameless = [0x00, 0x01, 0x10, 0x12].map((family) => rawV2(0x21, family, addresses));
    for (const header of ["PROXY UNKNOWN\r\n", ...nameless]) {
      assert.deepEqual(await said(header), ["unknown", "https", "a", "for=unknown;proto=https;host=a"]);
    }
    const [last] = (await said(rawV2(0x20, 0x11, addresses))).slice(-1);
    assert.equal(last, "for=admin, for=127.0.0.1;proto=https;host=a", "this one is the proxy's own");
  });
});

describe("the upstream of a client behind a trusted proxy", () => {
  it("gets what the proxy said of other clients, and nothing that is ours to say", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port, config: { acceptProxy: ["127.0.0.0/8"] } });
    const answer = await exchangeRaw(
      scene.port,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${FORGED.join("\r\n")}\r\n\r\n`,
    );
    const { fields } = mirrored(answer);
    // One of them is `x_forwarded_for`, which many a server takes for the other.
    assert.deepEqual(valuesOf(fields, /^x.forwarded.for$/), ["admin, admin, 127.0.0.1"]);
    assert.deepEqual(valuesOf(fields, /^x.forwarded.proto$/), ["admin"]);
    assert.deepEqual(valuesOf(fields, /^x.forwarded.host$/), ["admin"]);
    assert.deepEqual(valuesOf(fields, /^proxy$/), []);
    assert.deepEqual(valuesOf(fields, /^forwarded$/), ["for=admin, for=127.0.0.1;proto=https;host=a"]);
    assert.deepEqual(valuesOf(fields, /^handclasp/), ["anna", anna.facts.pin, ""]);
    assert.doesNotMatch(valuesOf(fields, /^client/).join(" "), /AAAA/);
  });
});

describe("the forms in which an upstream is told where requests come from", () => {
  for (const [forwarded, told] of [
    [["rfc7239"], ["forwarded"]],
    [["x-forwarded"], ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]],
    [[], []],
  ] as const) {
    it(`are those that are configured: ${forwarded.join() || "none"}, and no other from anybody`, async () => {
      await using upstream = await openMirror();
      for (const acceptProxy of [[], ["127.0.0.0/8"]]) {
        await using scene = await openHttpScene({ to: upstream.port, config: { forwarded, acceptProxy } });
        const answer = await exchangeRaw(
          scene.port,
          `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${FORGED.join("\r\n")}\r\n\r\n`,
        );
        const { fields } = mirrored(answer);
        const names = fields.map(([name]) => name).filter((name) => /^(?:x.)?forwarded/.test(name));
        assert.deepEqual(names.toSorted(), told);
      }
    });
  }
});
