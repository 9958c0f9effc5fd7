// Tests of 14-notes-app.ts under node:test: node --test 15-node-test.ts
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import { fakePeer, guardedServer, testClient } from "../src/testing/index.ts";
import { notesApp } from "./14-notes-app.ts";

const HOUR_MS = 3_600_000;

it("lets members of a group delete what others may read, without TLS", async () => {
  const notes = ["buy milk"];
  const ask = async (client: ReturnType<typeof fakePeer>, method: string): Promise<Response> => {
    const server = client.on(createServer(notesApp(notes))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/notes`, {
      method,
    });
    server.close();
    return answer;
  };
  const anna = fakePeer({ name: "anna", groups: ["admins"] });
  const bert = fakePeer({ name: "bert" });
  assert.deepEqual(await (await ask(bert, "GET")).json(), { reader: "bert", notes: ["buy milk"] });
  assert.equal((await ask(bert, "DELETE")).status, 403);
  assert.equal((await ask(anna, "DELETE")).status, 204);
  assert.deepEqual(notes, []);
});

it("knows the same by real handshakes, and turns strangers away", async () => {
  await using server = await guardedServer(notesApp(["buy milk"]), { policy: { firstUse: "ask" } });
  const anna = await testClient("anna");
  assert.equal(await anna.refusalBy(server), "pending");
  await server.introduce(anna, { groups: ["admins"] });
  assert.equal((await anna.fetch(server, "/notes", { method: "DELETE" })).status, 204);
  const impostor = await testClient("anna");
  assert.equal(await impostor.refusalBy(server), "key-changed");
});

it("lets nobody in after the end of an approval", async () => {
  await using server = await guardedServer(notesApp([]));
  const anna = await testClient("anna");
  await server.operator.import(anna.facts, { expires: server.clock.now() + HOUR_MS });
  assert.equal((await anna.fetch(server, "/notes")).status, 200);
  server.clock.advance(HOUR_MS);
  assert.equal(await anna.refusalBy(server), "expired");
});
