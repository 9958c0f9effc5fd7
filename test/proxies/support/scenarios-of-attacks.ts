import assert from "node:assert/strict";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { connectByHttp1, connectByHttp2 } from "./connect-through.ts";
import { fieldOf, Http2Client, ProxyClient, statusOfUpgrade } from "./proxy-client.ts";
import type { Scenario } from "./scenario.ts";
import { SPOOFED_ADDRESS, spoofedAddresses, spoofedCertificate, spoofedFields } from "./spoofed.ts";

/** What clients say of themselves. */
export const SCENARIOS_OF_ATTACKS: readonly Scenario[] = [
  {
    name: "spoofed-fields",
    title: "lets no client say who it is, in any spelling, in both versions of HTTP",
    async play(scene) {
      const anna = await scene.known("honest");
      using http2 = new Http2Client(scene.port, anna);
      using http1 = new ProxyClient(scene.port, anna);
      const listed = { Connection: "keep-alive, Handclasp-Peer, Handclasp-Key, Client-Cert" };
      for (const headers of [...spoofedFields(), listed]) {
        for (const client of headers === listed ? [http1] : [http1, http2]) {
          const answer = await client.ask({ headers });
          assert.equal(answer.status, 200, answer.text);
          assert.doesNotMatch(JSON.stringify(answer.app?.fields), /mallory/, JSON.stringify(headers));
          assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["honest"], JSON.stringify(headers));
          assert.deepEqual(fieldOf(answer, "Handclasp-Key"), [anna.facts.pin], JSON.stringify(headers));
          // Another proxy behind would drop them.
          assert.doesNotMatch(fieldOf(answer, "Connection").join(), /handclasp/i);
        }
      }
    },
  },
  {
    name: "spoofed-certificate",
    title: "takes no certificate out of a client's fields, in any spelling, encoding or place",
    async play(scene) {
      const victim = await scene.known("victim");
      using http2 = new Http2Client(scene.port);
      using http1 = new ProxyClient(scene.port);
      const before = scene.application.seen.length;
      for (const asked of spoofedCertificate(victim)) {
        for (const client of [http1, http2]) {
          assert.equal((await client.ask(asked)).status, 403, JSON.stringify(asked).slice(0, 100));
        }
      }
      assert.equal(scene.application.seen.length, before);
    },
  },
  {
    name: "spoofed-address",
    title: "lets no client say where it comes from, in any spelling, in both versions of HTTP",
    async play(scene) {
      const anna = await scene.known("traveller");
      for (const client of [new ProxyClient(scene.port, anna), new Http2Client(scene.port, anna)]) {
        using one = client;
        const { status, text, app } = await one.ask({ headers: spoofedAddresses() });
        assert.equal(status, 200, text);
        assert.equal(JSON.stringify(app).includes(SPOOFED_ADDRESS), false, text);
      }
    },
  },
  {
    name: "spoofed-trailers",
    title: "lets no client say who it is behind its request's body",
    async play(scene) {
      const anna = await scene.known("late-talker");
      const { seen } = scene.application;
      const before = seen.length;
      const trailers = { "handclasp-peer": "mallory", handclasp_key: "mallory", "client-cert": "mallory" };
      for (const client of [new ProxyClient(scene.port, anna), new Http2Client(scene.port, anna)]) {
        using one = client;
        // It may be that nobody answers what has trailers, as nginx over HTTP/2.
        await one.ask({ method: "POST", body: "hello", trailers }).catch(() => undefined);
      }
      assert.notEqual(seen.length, before);
      assert.doesNotMatch(JSON.stringify(seen.slice(before)), /mallory/);
    },
  },
  {
    name: "upgrade",
    title:
      "lets nobody talk HTTP/2, TLS or HTTP to the application behind an upgrade, past all that is said of fields",
    async play(scene) {
      const climber = await scene.known("climber");
      const one = ["h2c", "H2C", "h2c, websocket", "websocket, h2c", "TLS/1.0", "HTTP/2.0"];
      const two = [
        ["h2c", "websocket"],
        ["websocket", "h2c"],
      ];
      for (const upgrade of [...one, ...two]) {
        const headers = { Upgrade: upgrade, "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA" };
        const listed = { ...headers, Connection: "Upgrade, HTTP2-Settings" };
        const status = await statusOfUpgrade(scene.port, climber, listed);
        assert.notEqual(status, 101, String(upgrade));
      }
    },
  },
  {
    name: "crowd",
    title: "tells many clients apart that come at once, in both versions of HTTP",
    async play(scene) {
      const names = ["ada", "bob", "cyd", "dan", "eve"];
      const peers = new Map<string, TestIdentity>();
      for (const name of names) peers.set(`crowd-${name}`, await scene.known(`crowd-${name}`));
      const strangers = [await identity("stranger-1"), undefined];
      const visits = [...peers, ...strangers.map((one) => [undefined, one] as const)].flatMap(
        ([name, shown]) =>
          [ProxyClient, Http2Client].map(async (Client) => {
            using client = new Client(scene.port, shown);
            for (let request = 0; request < 20; request++) {
              const answer = await client.ask();
              assert.equal(answer.status, name === undefined ? 403 : 200, answer.text);
              assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), name === undefined ? [] : [name]);
            }
          }),
      );
      await Promise.all(visits);
    },
  },
  {
    name: "connect",
    title: "lets nobody talk to the application through a tunnel, past all that is said of fields",
    async play(scene) {
      const digger = await scene.known("digger");
      const { seen } = scene.application;
      const before = seen.length;
      const said = "GET / HTTP/1.1\r\nHost: app.example\r\nHandclasp-Peer: mallory\r\n\r\n";
      assert.doesNotMatch(await connectByHttp1(scene.port, digger, said), /^HTTP\/1\.1 2/);
      const status = await connectByHttp2(scene.port, digger, said);
      assert.ok(status === undefined || status >= 400, String(status));
      assert.doesNotMatch(JSON.stringify(seen.slice(before)), /mallory/);
    },
  },
];
