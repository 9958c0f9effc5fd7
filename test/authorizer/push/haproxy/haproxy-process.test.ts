import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Home } from "../../../cli/support/serve.ts";
import { HAPROXY } from "../../../proxies/support/haproxy.ts";
import { identity } from "../../../guard/support/identities.ts";
import { openWebSocket } from "../../../proxies/support/proxy-client.ts";
import { missing } from "../../../proxies/support/proxy-under-test.ts";
import { until } from "../../../proxies/support/until.ts";
import { PushScene, startScene } from "../support/push-scene.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";
import { openUnixRelay } from "../support/unix-relay.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";

const skip = missing(HAPROXY);

describe("what a revoked key has open", { skip, timeout: FILE_PATIENCE_MS }, () => {
  it("is ended in a process that a reload has replaced, which ends then", async () => {
    await using scene = await PushScene.open();
    await scene.startHaproxy("-W");
    scene.startPush();
    const [ada, bob] = [await scene.known("ada"), await scene.known("bob")];
    await scene.holds(ada, bob);
    const webSockets = [openWebSocket(scene.port, ada), openWebSocket(scene.port, bob)];
    await Promise.all(webSockets.map((each) => once(each, "message")));
    const closed = webSockets.map((each) => once(each, "close"));
    const pid = await pidOf(scene);
    scene.haproxy.kill("SIGUSR2");
    await until(async () => (await pidOf(scene)) !== pid, "another process is there");
    await scene.holds(ada, bob);
    await scene.operator.revoke("ada");
    await closed[0];
    webSockets[1]?.send("still here");
    assert.equal(String((await once(webSockets[1] ?? assert.fail(), "message"))[0]), "still here");
    webSockets[1]?.terminate();
    await until(async () => !isRunning(Number(pid)), "the former process has ended");
    const cut = (): readonly string[] =>
      scene.told.flatMap((each) => (each.type === "push-cut" ? [each.pin] : []));
    await until(async () => cut().length > 0, "it is said");
    assert.deepEqual(cut(), [ada.facts.pin]);
  });

  it("is said to be cut once, though HAProxy has not ended it before somebody looks again", async () => {
    using home = new Home();
    const socket = home.path("relay.sock");
    await using scene = await PushScene.open({ socket });
    await scene.startHaproxy();
    await using relay = await openUnixRelay(socket, scene.socket);
    scene.startPush();
    const ada = await scene.known("ada");
    const webSocket = openWebSocket(scene.port, ada);
    await once(webSocket, "message");
    const closed = once(webSocket, "close");
    relay.answer(/^shutdown session 0x(?!1\n)/, "\n> ");
    await scene.operator.revoke("ada");
    await closed;
    await scene.holds(await scene.known("bob"));
    assert.deepEqual(
      scene.told.flatMap((each) => (each.type === "push-cut" ? [each.pin] : [])),
      [ada.facts.pin],
    );
  });

  it("is ended though it was approved again before anybody looked, and so is what another name or group said", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    await scene.operator.addToGroup("dba", "ada");
    const acts = [
      async () => {
        await scene.operator.revoke("ada");
        await scene.operator.approve(ada.facts.pin);
      },
      () => scene.operator.removeFromGroup("dba", "ada"),
      () => scene.operator.rename("ada", "lovelace"),
    ];
    for (const act of acts) {
      let webSocket = openWebSocket(scene.port, ada);
      let closed = once(webSocket, "close").then(() => "closed");
      // What the act before ends may be one that was opened meanwhile.
      while ((await Promise.race([once(webSocket, "message"), closed])) === "closed") {
        webSocket = openWebSocket(scene.port, ada);
        closed = once(webSocket, "close").then(() => "closed");
      }
      await act();
      await closed;
    }
  });

  it("is ended when the approval is", async () => {
    await using scene = await startScene();
    await using done = await beforeItRunsOut(2500, async (attempt) => {
      const ada = await identity(`ada-${attempt.forMs}`);
      const expires = attempt.runsOutAt(Date.now() + attempt.forMs);
      await scene.operator.import(ada.facts, { expires });
      const webSocket = openWebSocket(scene.port, ada);
      attempt.defer(() => webSocket.terminate());
      const closed = once(webSocket, "close");
      closed.catch(() => undefined);
      const message = await Promise.race([once(webSocket, "message"), closed.then(() => undefined)]);
      assert.ok(message !== undefined, "it was closed");
      return { closed, pin: ada.facts.pin };
    });
    await done.closed;
    await until(
      async () => scene.told.some((each) => each.type === "push-cut" && each.pin === done.pin),
      "it is said",
    );
  });

  it("is found even if HAProxy could not be told when it fell", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    const webSocket = openWebSocket(scene.port, ada);
    await once(webSocket, "message");
    const closed = once(webSocket, "close");
    await scene.stopPush();
    await scene.operator.revoke("ada");
    scene.startPush();
    await closed;
  });
});

describe("HAProxy that cannot be told", { skip, timeout: FILE_PATIENCE_MS }, () => {
  it("believes its map no longer than three seconds, and asks then", async () => {
    using home = new Home();
    const socket = home.path("relay.sock");
    await using scene = await PushScene.open({ socket });
    await scene.startHaproxy();
    await using relay = await openUnixRelay(socket, scene.socket);
    scene.startPush();
    const [ada, bob] = [await scene.known("ada"), await scene.known("bob")];
    await scene.holds(ada, bob);
    relay.hang();
    await scene.operator.revoke("bob");
    await until(async () => (await scene.ask(bob)).status === 403, "HAProxy asks");
    assert.ok(Number((await scene.entries()).get("until")) <= Date.now());
    assert.equal((await scene.ask(ada)).status, 200);
    await until(async () => scene.told.some(({ type }) => type === "push-failed"), "it is said");
    relay.goOn();
    await scene.holds(ada);
    await until(async () => scene.told.at(-1)?.type === "push-in-step", "that it is told is said, too");
  });

  it("is said, where it has no such map, and all are asked for", async () => {
    await using scene = await PushScene.open({
      configure: (text) => text.replaceAll("/handclasp.map", "/another.map"),
    });
    writeFileSync(scene.home.path("proxy", "another.map"), "");
    await scene.startHaproxy();
    scene.startPush();
    const ada = await scene.known("ada");
    assert.match(await scene.failure(), /^HAProxy answers "prepare map .*" with: Unknown map identifier/);
    assert.equal((await scene.ask(ada)).status, 200);
    await scene.operator.revoke("ada");
    assert.equal((await scene.ask(ada)).status, 403);
  });

  it("is said, where the socket may end nothing, and the map is kept all the same", async () => {
    await using scene = await startScene({
      configure: (text) => text.replace("level admin", "level operator"),
    });
    const ada = await scene.known("ada");
    await scene.holds(ada);
    assert.match(
      await scene.failure(),
      /^HAProxy answers "shutdown session 0x1" with: .*[Pp]ermission denied/,
    );
    await scene.operator.revoke("ada");
    await scene.holds();
  });

  it("is said, where nobody can tell what is open, and the map is kept all the same", async () => {
    await using scene = await startScene({
      configure: (text) => text.replaceAll("handclasp_open", "another_table"),
    });
    const ada = await scene.known("ada");
    await scene.holds(ada);
    assert.match(await scene.failure(), /it has no table handclasp_open$/);
  });

  it("believes nothing of a trust store that cannot be read any more", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    await scene.holds(ada);
    await scene.store.close();
    await until(async () => Number((await scene.entries()).get("until")) < Date.now(), "it is not believed");
    await until(async () => scene.told.some(({ type }) => type === "push-failed"), "it is said");
    assert.equal((await scene.ask(ada)).status, 503);
  });
});

async function pidOf(scene: PushScene): Promise<string | undefined> {
  try {
    return /^Pid: (\d+)$/m.exec(await scene.runtime("show info"))?.[1];
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
