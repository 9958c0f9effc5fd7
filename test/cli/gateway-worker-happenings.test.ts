import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseConfig } from "../../src/gateway/config/parse-config.ts";
import { Primary } from "../../src/gateway/workers/primary.ts";
import { Operator } from "../../src/operator/operator.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Cut, Refused } from "../../src/trust/happenings/connection-happening.ts";
import { StoreUrl } from "../../src/trust/port/store-url.ts";
import { exchange, openClient, openUpstream } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { Home, MAIN, until } from "./support/serve.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [ada, rival] = await Promise.all([identity("ada"), identity("ada")]);

describe("what happens in workers", { timeout: FILE_PATIENCE_MS }, () => {
  it("is told on the primary's stream, as far as somebody hears it there", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const text = `[[listener]]\nname = "web"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:${upstream.port}"\nfirst_use = "accept"\n`;
    const store = StoreUrl.parse(home.store);
    const primary = new Primary(parseConfig(text, { file: "x.toml", folder: home.folder, store }), {
      count: 2,
      command: [process.execPath, MAIN, "gateway", "--worker", "--json"],
      sockets: [],
    });
    const refused: Refused[] = [];
    const cut: Cut[] = [];
    primary.happenings.subscribe(["refused"], (happening) => void refused.push(happening));
    const [{ port } = assert.fail()] = await primary.start();
    try {
      // Those who run are asked, too, once there is somebody else to hear.
      primary.happenings.subscribe(["cut"], (happening) => void cut.push(happening));
      const client = await openClient(port, ada);
      assert.equal(await exchange(client, "hello"), "hello");
      await connectOnce({ port, identity: rival });
      await until(() => refused.length === 1);
      const open = await openClient(port, ada);
      open.on("error", () => undefined);
      await using known = openStore(home.store);
      await new Operator(known, { user: "olga", process: "test", now: Date.now }).revoke("ada");
      await until(() => cut.length === 1);
      assert.partialDeepStrictEqual(refused, [
        {
          reason: "key-changed",
          alert: "certificate_unknown",
          pin: rival.facts.pin,
          conflictsWith: ada.facts.pin,
          connection: { listener: "web", remoteAddress: "127.0.0.1" },
        },
      ]);
      assert.partialDeepStrictEqual(cut, [
        { reason: "revoked", peer: { name: "ada", pin: ada.facts.pin }, connection: { listener: "web" } },
      ]);
    } finally {
      await primary.stop();
    }
  });
});
