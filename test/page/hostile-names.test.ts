import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { nameKey, toPeerName } from "../../src/trust/naming/peer-name.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { RunningPage } from "./support/running-page.ts";
import { HOSTILE_NAMES } from "./support/scene/hostile-names.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./support/scene/scene-writer.ts";

/** Views that list peers. */
const SHOWN_AT: ReadonlySet<string> = new Set(["/", "/peers", "/connections", "/refusals", "/history"]);
const PHONE = { width: 390, height: 844 };

describeInBrowser("names that somebody chose to do harm", (browser) => {
  let running: RunningPage;
  const waiting = new Map<string, CertificateFacts>();
  before(async () => {
    running = await RunningPage.start(async (scene) => {
      const { pin } = await scene.client("gw-1.example", DAY_MS);
      await scene.startServer(pin, "gw-1.example:8443");
      for (const name of Object.values(HOSTILE_NAMES)) {
        const bound = await scene.meet(name, DAY_MS);
        await scene.connect(bound, bound.claimedName ?? name, HOUR_MS);
        await scene.operator(HOUR_MS).note(bound.pin, name);
        await scene.operator(HOUR_MS).addToGroup("lab", bound.pin);
        await scene.refuse("not-allowed", HOUR_MS, { pin: bound.pin, peer: bound.claimedName ?? null });
        const other = `${name.slice(0, 250)}!`;
        waiting.set(other, await scene.wait(other, 5 * MINUTE_MS, { address: `10.9.${waiting.size}.1` }));
      }
    });
  });
  after(() => running[Symbol.asyncDispose]());

  for (const path of [...SHOWN_AT, "/invite?peer=<img>", "/window", "/settings"]) {
    it(`are text and nothing else at ${path}, and break no phone`, async () => {
      await using watched = await running.open(browser(), path, { viewport: PHONE });
      const { page } = watched;
      if (SHOWN_AT.has(path))
        await page
          .getByText(HOSTILE_NAMES["html"] ?? "")
          .first()
          .waitFor();
      assert.equal(await page.evaluate("document.querySelectorAll('img, iframe, main script').length"), 0);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), PHONE.width);
      await expectAccessible(page);
    });
  }

  it("are claims as long as nobody vouched for them, each with a direction of its own", async () => {
    await using watched = await running.open(browser(), "/");
    const { page } = watched;
    for (const name of waiting.keys()) {
      const shown = toPeerName(name);
      const claim = page.locator("bdi.claim", { hasText: shown.ok ? shown.name : nameKey(name) }).first();
      await claim.waitFor();
      assert.match((await claim.locator("..").textContent()) ?? "", /^claims /);
    }
  });

  it("do nothing in acts, what is said of them, and their way back", async () => {
    const [name, facts] = [...waiting][0] ?? assert.fail();
    await using watched = await running.open(browser(), `/compare/${toKeyId(facts.pin)}`);
    const { page } = watched;
    await page.getByRole("button", { name: "Approve without comparing…" }).click();
    await page.getByRole("button", { name: "Approve uncompared" }).click();
    await page.getByText(`Approved ${name}`).waitFor();
    await page.getByRole("button", { name: /^Undo/ }).first().click();
    await page.getByText("Undone").waitFor();
  });
});
