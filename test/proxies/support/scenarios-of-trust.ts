import assert from "node:assert/strict";
import { identity } from "../../guard/support/identities.ts";
import { successorOf } from "../../support/successor.ts";
import { expiredIdentity } from "./certificates.ts";
import { ask, askResuming, fieldOf, Http2Client, ProxyClient } from "./proxy-client.ts";
import type { Scenario } from "./scenario.ts";

/** Who comes in, and who no longer. */
export const SCENARIOS_OF_TRUST: readonly Scenario[] = [
  {
    name: "first-contact",
    title: "has a new client wait, lets it in once it is approved, and knows it from then on",
    async play(scene) {
      const anna = await identity("anna");
      const waiting = await ask(scene.port, anna);
      assert.equal(waiting.status, 403);
      assert.doesNotMatch(waiting.text, /pending/);
      await scene.refused("pending", anna.facts.pin);
      await scene.approve("anna");
      for (const path of ["/", "/again"]) {
        const answer = await ask(scene.port, anna, { path });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.app?.url, path);
        assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["anna"]);
        assert.deepEqual(fieldOf(answer, "Handclasp-Key"), [anna.facts.pin]);
      }
    },
  },
  {
    name: "no-certificate",
    title: "refuses a client without a certificate",
    async play(scene) {
      const before = scene.application.seen.length;
      assert.equal((await ask(scene.port)).status, 403);
      await scene.refused("no-certificate");
      assert.equal(scene.application.seen.length, before);
    },
  },
  {
    name: "groups",
    title: "tells the application the peer's groups, and nothing of groups when there are none",
    async play(scene) {
      const client = await scene.known("J\u00fcrgen, der \u00c4ltere");
      assert.deepEqual(
        fieldOf(await ask(scene.port, client), "Handclasp-Groups").filter((value) => value !== ""),
        [],
      );
      for (const group of ["dba", "b\u00fcro"]) await scene.run("group", "add", group, client.facts.pin);
      await scene.heard(async () =>
        fieldOf(await ask(scene.port, client), "Handclasp-Groups")[0]?.includes(","),
      );
      const answer = await ask(scene.port, client);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["J%C3%BCrgen%2C%20der%20%C3%84ltere"]);
      const [groups = ""] = fieldOf(answer, "Handclasp-Groups");
      assert.deepEqual(groups.split(",").toSorted(), ["b%C3%BCro", "dba"]);
    },
  },
  {
    name: "key-changed",
    title: "refuses another key under a name that is bound, and lets the first one in as before",
    async play(scene) {
      const bert = await scene.known("bert");
      const other = await identity("bert");
      assert.equal((await ask(scene.port, other)).status, 403);
      await scene.refused("key-changed", other.facts.pin);
      assert.equal((await ask(scene.port, bert)).status, 200);
    },
  },
  {
    name: "expired",
    title: "has an expired certificate judged by the policy, like any other",
    async play(scene) {
      const late = await expiredIdentity("late");
      assert.equal((await ask(scene.port, late)).status, 403);
      await scene.refused("expired", late.facts.pin);
    },
  },
  {
    name: "revoked-kept",
    title: "refuses the next request on a kept connection of a revoked key",
    async play(scene) {
      using client = new ProxyClient(scene.port, await scene.known("kept"));
      assert.equal((await client.ask()).status, 200);
      assert.equal((await client.ask()).status, 200);
      assert.equal(client.sockets.size, 1);
      await scene.run("trust", "revoke", "kept", "--yes");
      await scene.heard(async () => (await client.ask()).status === 403);
      const { size } = client.sockets;
      // What is under way when a proxy hears of it by itself is cut.
      if (scene.proxy.hears !== "soon") assert.equal(size, 1);
      assert.equal((await client.ask()).status, 403);
      assert.equal(client.sockets.size, size);
    },
  },
  {
    name: "revoked-http2",
    title: "refuses the next request in the same HTTP/2 session of a revoked key",
    async play(scene) {
      using client = new Http2Client(scene.port, await scene.known("session"));
      assert.equal((await client.ask()).status, 200);
      await scene.run("trust", "revoke", "session", "--yes");
      await scene.heard(async () => (await client.ask()).status === 403);
      assert.equal((await client.ask()).status, 403);
    },
  },
  {
    name: "revoked-resumed",
    title: "refuses a revoked key that resumes its TLS session, and knows a trusted one that does",
    async play(scene) {
      const resumer = await scene.known("resumer");
      const first = await askResuming(scene.port, resumer);
      const second = await askResuming(scene.port, resumer, first.session);
      assert.equal(second.resumed, scene.proxy.neverResumes !== true);
      assert.match(second.answer, /^HTTP\/1.1 200 /);
      assert.match(second.answer, /\["Handclasp-Peer","resumer"\]/i);
      await scene.run("trust", "revoke", "resumer", "--yes");
      await scene.heard(async () => (await ask(scene.port, resumer)).status === 403);
      const third = await askResuming(scene.port, resumer, second.session);
      assert.match(third.answer, /^HTTP\/1.1 403 /);
    },
  },
  {
    name: "rotation",
    title: "knows a peer by the key that its former key endorsed, and the former no longer",
    async play(scene) {
      const old = await scene.known("rotator");
      const next = await successorOf(old);
      const answer = await ask(scene.port, next);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["rotator"]);
      assert.deepEqual(fieldOf(answer, "Handclasp-Key"), [next.facts.pin]);
      await scene.heard(async () => (await ask(scene.port, old)).status === 403);
      assert.equal((await ask(scene.port, old)).status, 403);
    },
  },
];
