import assert from "node:assert/strict";
import { fieldOf, Http2Client, ProxyClient } from "./proxy-client.ts";
import type { Scenario } from "./scenario.ts";
import { spoofedCertificate, spoofedFields } from "./spoofed.ts";

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
];
