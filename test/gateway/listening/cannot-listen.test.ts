import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "node:test";
import { listen } from "../../../src/cli/process/listen.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openGateway, configOf, greetingListener } from "../support/scene.ts";

describe("an address where nobody can listen", () => {
  it("is told in the same words by servers and verbs, with what can be done as data", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = { host: "127.0.0.1", port: (taken.address() as AddressInfo).port };
    const listener = greetingListener({ listen: address });
    const wanted = {
      code: "ERR_HANDCLASP_OPTION",
      message: `cannot listen on 127.0.0.1:${address.port}: listen EADDRINUSE: address already in use 127.0.0.1:${address.port}`,
      remedies: [{ act: "listen-elsewhere", at: "server" }],
    };
    const isWanted = (error: unknown): boolean => {
      assert.ok(isHandclaspError(error));
      assert.deepEqual({ code: error.code, message: error.message, remedies: error.remedies }, wanted);
      return true;
    };
    await assert.rejects(listen(createServer(), address), isWanted);
    await assert.rejects(openGateway(configOf([listener])), isWanted);
    taken.close();
  });
});
