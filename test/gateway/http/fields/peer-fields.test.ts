import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { toKeyId } from "../../../../src/trust/naming/key-id.ts";
import { identity } from "../../../guard/support/identities.ts";
import { anna, exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { FORGED, mirrored, openMirror, pairs, type Fields, TELLING, valuesOf } from "../../support/mirror.ts";
import { configOf, listenerTo, openGateway } from "../../support/scene.ts";
import { openH2cUpstream, openHttpUpstream } from "../../support/http-upstream.ts";

describe("the upstream of a recognised client", () => {
  it("gets certificate, name and pin from the trust store, and where the client is", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(
      scene.port,
      "GET / HTTP/1.1\r\nHost: app.test:8443\r\nConnection: close\r\n\r\n",
    );
    const { fields } = mirrored(answer);
    const der = new X509Certificate(anna.cert).raw.toString("base64");
    assert.deepEqual(valuesOf(fields, /^client-cert$/), [`:${der}:`]);
    assert.deepEqual(valuesOf(fields, /^handclasp-peer$/), ["anna"]);
    assert.deepEqual(valuesOf(fields, /^handclasp-key$/), [anna.facts.pin]);
    assert.deepEqual(valuesOf(fields, /^forwarded$/), ['for=127.0.0.1;proto=https;host="app.test:8443"']);
    assert.deepEqual(valuesOf(fields, /^client-cert-chain$/), []);
    assert.deepEqual(valuesOf(fields, /^x-forwarded-(?:for|proto|host)$/), [
      "127.0.0.1",
      "https",
      "app.test:8443",
    ]);
    assert.deepEqual(valuesOf(fields, /^handclasp-groups$/), [""], "in none");
  });

  it("gets the name that the store binds to the key, not what the certificate claims", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port, policy: { bind: "key" } });
    const admin = await identity("admin");
    const answer = await exchangeRaw(
      scene.port,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      admin,
    );
    const [name = ""] = valuesOf(mirrored(answer).fields, /^handclasp-peer$/);
    assert.equal(name, toKeyId(admin.facts.pin));
  });

  it("gets the name that an operator gave, not what the certificate claims", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    await exchangeRaw(scene.port, ask);
    await scene.operator.rename(anna.facts.pin, "Anna of the lab");
    const { fields } = mirrored(await exchangeRaw(scene.port, ask));
    assert.deepEqual(valuesOf(fields, /^handclasp-peer$/), ["Anna%20of%20the%20lab"]);
  });

  it("gets a name outside of ASCII percent-encoded", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const jürgen = await identity("Jürgen 🔑");
    const answer = await exchangeRaw(
      scene.port,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      jürgen,
    );
    const [name = ""] = valuesOf(mirrored(answer).fields, /^handclasp-peer$/);
    assert.equal(name, "J%C3%BCrgen%20%F0%9F%94%91");
    assert.equal(decodeURIComponent(name), "Jürgen 🔑");
  });

  it("hears nothing of what the client says about itself, on any request of a connection", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const one = `GET /1 HTTP/1.1\r\nHost: a\r\n${FORGED.join("\r\n")}\r\n\r\n`;
    const two = `POST /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n${FORGED.join("\r\n")}\r\n\r\nx`;
    const answers = await exchangeRaw(scene.port, one + two);
    const found = answers.match(/\[\[.*?\]\]/gs) ?? [];
    assert.equal(found.length, 2);
    for (const answer of found) {
      const told = mirrored(answer).fields.filter(([name]) => TELLING.test(name));
      assert.deepEqual(told.map(([name]) => name).toSorted(), [
        "client-cert",
        "forwarded",
        "handclasp-groups",
        "handclasp-key",
        "handclasp-peer",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
      ]);
      assert.doesNotMatch(JSON.stringify(told), /admin|forged|AAAA/);
    }
  });

  it("hears nothing of it in trailers, either", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(
      scene.port,
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${FORGED.join("\r\n")}\r\nX-End: 1\r\n\r\n`,
    );
    assert.deepEqual(mirrored(answer).trailers, [["x-end", "1"]]);
  });

  it("hears nothing of it over HTTP/2, in fields and trailers", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const forged = Object.fromEntries(
      FORGED.map((line) => line.split(": ")).map(([name = "", value = ""]) => [name.toLowerCase(), value]),
    );
    const stream = session.request(
      { ":method": "POST", ":path": "/", ":authority": "a", ...forged },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ ...forged, "x-end": "1" }));
    stream.end("x");
    const { fields, trailers } = mirrored((await finish(stream)).body);
    assert.equal(fields.filter(([name]) => TELLING.test(name)).length, 8);
    assert.doesNotMatch(JSON.stringify(fields), /admin|forged|AAAA/);
    assert.deepEqual(trailers, [["x-end", "1"]]);
  });

  it("hears nothing of it when it is asked for a WebSocket, over either version", async () => {
    const heard: Fields[] = [];
    const asked = Promise.withResolvers<void>();
    await using upstream = await openHttpUpstream(
      () => undefined,
      (app) =>
        app.on("upgrade", ({ rawHeaders }: { rawHeaders: string[] }, socket: Duplex) => {
          heard.push(pairs(rawHeaders));
          socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
          if (heard.length === 2) asked.resolve();
        }),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    const head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    await exchangeRaw(scene.port, `${head}Sec-WebSocket-Key: x\r\n${FORGED.join("\r\n")}\r\n\r\n`);
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    const forged = FORGED.map((line) => line.split(": ")).map(([name = "", value = ""]) => [
      name.toLowerCase(),
      value,
    ]);
    const pseudo = { ":method": "CONNECT", ":protocol": "websocket", ":path": "/", ":authority": "a" };
    const stream = session.request({ ...pseudo, ...Object.fromEntries(forged) });
    stream.on("error", () => undefined);
    await asked.promise;
    for (const fields of heard) {
      assert.equal(fields.filter(([name]) => TELLING.test(name)).length, 8);
      assert.doesNotMatch(JSON.stringify(fields), /admin|forged|AAAA/);
    }
  });

  it("hears nothing of it over h2c, and gets the same fields", async () => {
    await using upstream = await openH2cUpstream((stream, _headers, raw) => {
      stream.respond({ ":status": 200 });
      stream.end(JSON.stringify([raw, []]));
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const answer = await exchangeRaw(
      scene.port,
      `GET /x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n${FORGED.join("\r\n")}\r\n\r\n`,
    );
    const { fields } = mirrored(answer);
    assert.deepEqual(Object.fromEntries(fields.slice(0, 4)), {
      ":method": "GET",
      ":scheme": "http",
      ":path": "/x",
      ":authority": "app.test",
    });
    assert.equal(fields.filter(([name]) => TELLING.test(name)).length, 8);
    assert.doesNotMatch(JSON.stringify(fields), /admin|forged|AAAA/);
  });
});

describe("the groups that an upstream is told of", () => {
  it("are those that the peer is in at each request of a kept connection", async () => {
    await using upstream = await openMirror();
    const address = { host: "127.0.0.1", port: upstream.port };
    const listener = listenerTo({ kind: "tcp", address, protocol: "http" }, { mode: "http" });
    await using scene = await openGateway(configOf([listener]));
    await using session = openSession(scene.port);
    const told = async (): Promise<readonly string[]> => {
      const { body } = await finish(session.request({ ":path": "/", ":authority": "a" }));
      return valuesOf(mirrored(body).fields, /^handclasp.groups$/);
    };
    assert.deepEqual(await told(), [""]);
    await scene.operator.addToGroup("Staff", "anna");
    assert.deepEqual(await told(), ["Staff"]);
    await scene.operator.addToGroup("lab, über", "anna");
    assert.deepEqual(await told(), ["lab%2C%20%C3%BCber,Staff"]);
    await scene.operator.removeFromGroup("staff", "anna");
    assert.deepEqual(await told(), ["lab%2C%20%C3%BCber"]);
    await scene.operator.removeFromGroup("lab, über", "anna");
    assert.deepEqual(await told(), [""]);
  });
});

describe("the upstream of an anonymous client", () => {
  it("gets no field about a peer, though the client sends all of them", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port, guard: { clientCertificate: "optional" } });
    const answer = await exchangeRaw(
      scene.port,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${FORGED.join("\r\n")}\r\n\r\n`,
      "nobody",
    );
    const told = mirrored(answer).fields.filter(([name]) => TELLING.test(name));
    assert.deepEqual(told, [
      ["x-forwarded-for", "127.0.0.1"],
      ["x-forwarded-proto", "https"],
      ["x-forwarded-host", "a"],
      ["forwarded", "for=127.0.0.1;proto=https;host=a"],
    ]);
  });
});
