import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import { Home, startServe, startServer } from "./support/serve.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

describe("forward", { timeout: FILE_PATIENCE_MS }, () => {
  it("ends what runs to a server whose key is revoked by another process, and says why", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await using forward = await startServer(home, ["forward", "127.0.0.1:0", server.address]);
    const local = createConnection({ host: "127.0.0.1", port: forward.port });
    local.on("error", () => undefined);
    // Half a line: the server waits for the rest.
    local.write("hel");
    await server.logged(({ event }) => event === "met");
    const closed = new Promise((resolve) => local.on("close", resolve));
    const revoked = await home.run(["trust", "revoke", server.address, "--store", home.knownServers]);
    assert.equal(revoked.code, 0, revoked.stderr);
    await closed;
    const { code } = await forward.logged(({ event }) => event === "failed");
    assert.equal(code, "ERR_HANDCLASP_REFUSED");
  });
});
