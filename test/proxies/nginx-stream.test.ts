import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { answers, openClient, openUpstream, talking } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { expiredIdentity } from "./support/certificates.ts";
import { NGINX_STREAM } from "./support/nginx-stream.ts";
import { ProxyScene } from "./support/proxy-scene.ts";
import { missing } from "./support/proxy-under-test.ts";
import { until } from "./support/until.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const GREETING = "hello, ";

describe(
  "the authorizer behind nginx's stream",
  { skip: missing(NGINX_STREAM), timeout: FILE_PATIENCE_MS },
  () => {
    let scene: ProxyScene;
    let upstream: Awaited<ReturnType<typeof openUpstream>>;
    let connections = 0;
    before(async () => {
      upstream = await openUpstream((socket) => {
        connections += 1;
        socket.write(GREETING);
        socket.pipe(socket);
      });
      scene = await ProxyScene.open(NGINX_STREAM, upstream.port);
    });
    after(async () => {
      await scene[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    });

    /** What a client that says this is answered: all of it, or what came before the server went. */
    const told = async (
      shown?: TestIdentity,
      said = "it is me",
      { port = scene.port, meanwhile }: { readonly port?: number; readonly meanwhile?: () => void } = {},
    ): Promise<string> => {
      const client = await openClient(port, shown);
      await new Promise<void>((resolve) => client.on("error", () => undefined).write(said, () => resolve()));
      meanwhile?.();
      let answer = "";
      for await (const piece of client) {
        answer += String(piece);
        if (answer.length >= GREETING.length + said.length) break;
      }
      return answer;
    };

    it("has a new client wait, and lets it in once it is approved", async () => {
      const anna = await identity("anna");
      assert.equal(await told(anna), "");
      await scene.approve("anna");
      assert.equal(await told(anna), `${GREETING}it is me`);
    });

    it("lets a server speak first, and a client say more than fits into one buffer", async () => {
      const carl = await scene.known("carl");
      assert.equal(await told(carl, ""), GREETING);
      const long = "l".repeat(300_000);
      scene.authorizer.signal("SIGSTOP");
      const meanwhile = (): void => scene.authorizer.signal("SIGCONT");
      const answer = await told(carl, long, { meanwhile });
      assert.equal(answer.length, GREETING.length + long.length);
    });

    it("refuses a client without a certificate, another key under a bound name, and a revoked key that comes again", async () => {
      const bert = await scene.known("bert");
      const had = connections;
      assert.equal(await told(), "");
      assert.equal(await told(await identity("bert")), "");
      await scene.run("trust", "revoke", "bert", "--yes");
      assert.equal(await told(bert), "");
      assert.equal(connections, had);
    });

    it("ends a certificate that nginx itself objects to, and asks nobody", async () => {
      const late = await expiredIdentity("late");
      assert.equal(await told(late), "");
      const rows = await scene.run("refusals", "--search", "late", "--json");
      assert.deepEqual(JSON.parse(rows), []);
    });

    it("lets a connection that is open live on when its key is revoked", async () => {
      const client = await talking(scene.port, await scene.known("dora"));
      await scene.run("trust", "revoke", "dora", "--yes");
      assert.ok(await answers(client));
      client.destroy();
    });

    it("lets nobody in while the authorizer hangs or is gone", async () => {
      await using hasty = await ProxyScene.openHasty(NGINX_STREAM, upstream.port);
      const { port } = hasty;
      const emil = await hasty.known("emil");
      const said = "it is me";
      await until(async () => (await told(emil, said, { port })) !== "", "it lets in");
      hasty.authorizer.signal("SIGSTOP");
      try {
        assert.equal(await told(emil, said, { port }), "");
      } finally {
        hasty.authorizer.signal("SIGCONT");
      }
      await hasty.stopAuthorizer();
      assert.equal(await told(emil, said, { port }), "");
    });
  },
);
