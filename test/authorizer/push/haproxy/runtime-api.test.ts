import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../../src/errors.ts";
import { RuntimeApi } from "../../../../src/authorizer/push/haproxy/runtime-api.ts";
import { standStill } from "../../../support/stand-still.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const isLate = (error: unknown): boolean =>
  isHandclaspError(error, "ERR_HANDCLASP_PUSH") && error.message === "HAProxy did not answer within 2 s";

describe("a conversation with HAProxy", () => {
  it("goes on where it answered while this process stood still", async () => {
    const path = `${temporaryFolder()}/haproxy.sock`;
    await using server = createServer((socket) =>
      socket.once("data", () => socket.write("\n> ", () => standStill(2100))),
    ).listen(path);
    await once(server, "listening");
    const conversation = await RuntimeApi.open(path);
    conversation.close();
  });

  it("that does not begin in time fails as one in which nothing is answered", async () => {
    const path = `${temporaryFolder()}/haproxy.sock`;
    await using server = createServer((socket) => socket.resume()).listen(path);
    await once(server, "listening");
    const opening = RuntimeApi.open(path);
    // Before it hears that it is connected, its time is up.
    standStill(2100);
    await assert.rejects(opening, isLate);
    await assert.rejects(RuntimeApi.open(path), isLate);
  });
});
