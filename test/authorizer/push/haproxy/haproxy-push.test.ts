import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toSeenCertificate } from "../../../../src/trust/judging/seen-certificate.ts";
import { encodeName } from "../../../../src/trust/naming/encode-name.ts";
import { readCertificate } from "../../../../src/x509/certificate-facts.ts";
import { fakeCertificate } from "../../../../src/testing/fake-certificate.ts";
import { renewed } from "../../../support/successor.ts";
import { identity } from "../../../guard/support/identities.ts";
import { expiredIdentity, largeIdentity } from "../../../proxies/support/certificates.ts";
import { HAPROXY } from "../../../proxies/support/haproxy.ts";
import { fieldOf } from "../../../proxies/support/proxy-client.ts";
import { missing } from "../../../proxies/support/proxy-under-test.ts";
import { until } from "../../../proxies/support/until.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";
import { entryOf, PushScene, startScene } from "../support/push-scene.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";

const skip = missing(HAPROXY);

describe("HAProxy's map", { skip, timeout: FILE_PATIENCE_MS }, () => {
  it("has the newest certificate of each trusted key, with its peer and groups, and nobody else's", async () => {
    await using scene = await PushScene.open();
    const [ada, bob] = [await scene.known("ada"), await scene.known("bob")];
    await scene.operator.revoke(bob.facts.pin);
    await scene.operator.import((await expiredIdentity("late")).facts);
    await scene.operator.addToGroup("dba", ada.facts.pin);
    await scene.operator.addToGroup("Büro, links", ada.facts.pin);
    await scene.startHaproxy();
    scene.startPush();
    await scene.holds(ada);
    const value = (await scene.entries()).get(entryOf(ada));
    assert.equal(value, `${ada.facts.pin},ada,B%C3%BCro%2C%20links,dba`);
    const inStep = { type: "push-in-step", push: "haproxy", place: scene.socket, count: 1 };
    assert.deepEqual(await scene.inStep(), inStep);
    assert.deepEqual(scene.problems, []);
  });

  it("follows what becomes of keys", async () => {
    await using scene = await startScene();
    await scene.holds();
    const ada = await scene.known("ada");
    await scene.holds(ada);
    await scene.operator.rename("ada", "ada lovelace");
    await until(
      async () => (await scene.entries()).get(entryOf(ada))?.includes(",ada%20lovelace,"),
      "its name",
    );
    await scene.operator.addToGroup("dba", ada.facts.pin);
    await until(async () => (await scene.entries()).get(entryOf(ada))?.endsWith(",dba"), "its group");
    await scene.operator.revoke(ada.facts.pin);
    await scene.holds();
    await scene.operator.approve(ada.facts.pin);
    await scene.holds(ada);
    await scene.operator.forget(ada.facts.pin);
    await scene.holds();
  });

  it("gets another certificate of a key when that is admitted, and loses it with the next change", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    const other = { ...ada, ...renewed(ada) };
    assert.equal((await scene.ask(other)).status, 200);
    await scene.holds(ada, other);
    await scene.operator.addToGroup("dba", ada.facts.pin);
    await until(async () => (await scene.entries()).size === 2, "one certificate, and until when");
  });

  it("has no entry for longer than an approval, and none is believed for a moment longer", async () => {
    await using scene = await startScene();
    await using done = await beforeItRunsOut(2500, async (attempt) => {
      const shown = await identity(`ada-${attempt.forMs}`);
      const expires = attempt.runsOutAt(Date.now() + attempt.forMs);
      await scene.operator.import(shown.facts, { expires });
      await until(async () => attempt.isOver || (await scene.isHolding(shown)), "the map has it");
      return { ada: shown, end: expires };
    });
    const { ada, end } = done;
    await until(async () => {
      const entries = await scene.entries();
      if (entries.has(entryOf(ada))) assert.ok(Number(entries.get("until")) <= end);
      return !entries.has(entryOf(ada));
    }, "it left");
    assert.equal((await scene.ask(ada)).status, 403);
  });

  it("carries names and groups letter by letter, whatever the runtime API would make of them", async () => {
    await using scene = await startScene();
    const names = [
      "semi;colon",
      "a <<",
      "<<",
      "back\\slash",
      "'single' \"double\"",
      "#x,y|z",
      "100%25",
      "ключ 🔑",
    ];
    for (const name of names) {
      const client = await scene.known(name);
      await scene.operator.addToGroup(name, client.facts.pin);
      await until(async () => (await scene.entries()).has(entryOf(client)), name);
      const answer = await scene.ask(client);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), [encodeName(name)]);
      assert.deepEqual(fieldOf(answer, "Handclasp-Groups"), [encodeName(name)]);
    }
    assert.deepEqual(scene.problems, []);
  });

  it("leaves those to be asked for whose groups would not fit in a command", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    await scene.holds(ada);
    for (let number = 0; number < 50; number++)
      await scene.operator.addToGroup(`${number}`.repeat(50), "ada");
    await scene.holds();
    const answer = await scene.ask(ada);
    assert.equal(fieldOf(answer, "Handclasp-Groups")[0]?.split(",").length, 50);
    assert.deepEqual(scene.problems, []);
  });

  it("knows nobody by a certificate that HAProxy has no room for, and takes that for no lack of one", async () => {
    await using scene = await startScene({
      configure: (text) => text.replace("tune.bufsize 98304", "tune.bufsize 16384"),
    });
    const large = await largeIdentity("large", 24_000);
    await scene.operator.import(large.facts);
    await scene.holds(large);
    const answer = await scene.ask(large);
    assert.deepEqual([answer.status, answer.text], [403, "this certificate cannot be used\n"]);
    assert.equal((await scene.ask()).text, "a client certificate is needed\n");
  });

  it("takes ten thousand keys", async () => {
    await using scene = await PushScene.open();
    const origin = { at: Date.now(), actor: { user: null, process: "test", address: null, listener: null } };
    const certificates = Array.from({ length: 10_000 }, (_, number) =>
      readCertificate(fakeCertificate(`peer ${number}`)),
    );
    await Promise.all(
      certificates.map((facts) =>
        scene.store.apply({
          type: "import",
          ...origin,
          certificate: toSeenCertificate(facts),
          peer: null,
          onConflict: "fail",
        }),
      ),
    );
    await scene.startHaproxy();
    scene.startPush();
    await until(async () => (await scene.entries()).size === 10_001, "all are there");
    const ada = await scene.known("ada");
    await until(async () => (await scene.entries()).has(entryOf(ada)), "one more");
    await scene.inStep();
    assert.deepEqual(scene.problems, []);
  });
});

describe("a map that is not as it should be", { skip, timeout: FILE_PATIENCE_MS }, () => {
  it("is filled again when somebody emptied it, added to it, or put another in its place", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    const { map } = scene;
    const damages = [
      [`clear map ${map}`],
      [`add map ${map} ${"A".repeat(64)} ${ada.facts.pin},mallory,`],
      [`del map ${map} until`],
      [`del map ${map} ${entryOf(ada)}`],
      [`prepare map ${map}`, `commit map @VERSION ${map}`],
    ];
    for (const damage of damages) {
      await scene.holds(ada);
      scene.told.length = 0;
      let version = "";
      for (const command of damage) {
        const answer = await scene.runtime(command.replace("VERSION", version));
        version = /\d+$/.exec(answer)?.[0] ?? "";
      }
      await until(
        async () => scene.told.some(({ type }) => type === "push-failed"),
        `it is said: ${damage[0]}`,
      );
      await until(async () => scene.told.at(-1)?.type === "push-in-step", "it is filled again");
    }
    assert.equal((await scene.ask(ada)).status, 200);
  });

  it("is filled by whoever comes after another, which left nothing to be believed", async () => {
    await using scene = await startScene();
    const [ada, bob] = [await scene.known("ada"), await scene.known("bob")];
    await scene.holds(ada, bob);
    await scene.stopPush();
    assert.equal((await scene.entries()).get("until"), "0");
    await scene.operator.revoke("bob");
    assert.equal((await scene.ask(bob)).status, 403);
    scene.startPush();
    await scene.holds(ada);
  });

  it("is filled again after HAProxy came back", async () => {
    await using scene = await startScene();
    const ada = await scene.known("ada");
    await scene.holds(ada);
    await scene.stopHaproxy();
    await until(async () => scene.told.some(({ type }) => type === "push-failed"), "it is said");
    await scene.startHaproxy();
    await scene.holds(ada);
    await until(async () => scene.told.at(-1)?.type === "push-in-step", "it is said, too");
  });
});
