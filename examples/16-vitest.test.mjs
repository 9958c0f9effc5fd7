// Tests of 14-notes-app.ts under vitest, with supertest: vitest run 16-vitest.test.mjs
import request from "supertest";
import { expect, it } from "vitest";
import { fakePeer, guardedServer, testClient } from "../src/testing/index.ts";
import { notesApp } from "./14-notes-app.ts";

it("lets members of a group delete what others may read, without TLS", async () => {
  const app = notesApp(["buy milk"]);
  const anna = fakePeer({ name: "anna", groups: ["admins"] });
  const bert = fakePeer({ name: "bert" });
  await request(bert.through(app))
    .get("/notes")
    .expect(200, { reader: "bert", notes: ["buy milk"] });
  await request(bert.through(app)).delete("/notes").expect(403);
  await request(anna.through(app)).delete("/notes").expect(204);
});

it("knows the same by real handshakes, and turns strangers away", async () => {
  await using server = await guardedServer(notesApp(["buy milk"]), { policy: { firstUse: "ask" } });
  const anna = await testClient("anna");
  expect(await anna.refusalBy(server)).toBe("pending");
  await server.introduce(anna, { groups: ["admins"] });
  const answer = await anna.fetch(server, "/notes");
  expect(await answer.json()).toEqual({ reader: "anna", notes: ["buy milk"] });
});
