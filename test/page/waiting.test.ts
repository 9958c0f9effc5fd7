import assert from "node:assert/strict";
import { it } from "node:test";
import type { Page } from "playwright-core";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { DAY_MS, MINUTE_MS } from "./support/scene/scene-writer.ts";

const cards = (page: Page): Promise<readonly string[]> => page.locator("article h2").allTextContents();

describeInBrowser("who waits", (browser) => {
  it("stays in its place when others come, which are counted until they are asked for", async () => {
    await using running = await RunningPage.start((scene) => scene.wait("first", 9 * MINUTE_MS));
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByRole("heading", { name: "first" }).waitFor();
    await running.scene.wait("second", 1000);
    await page.getByRole("button", { name: /^1 new/ }).waitFor();
    assert.deepEqual(await cards(page), ["claims first"]);
    await page.getByRole("button", { name: /^1 new/ }).click();
    await page.getByRole("heading", { name: "second" }).waitFor();
    assert.deepEqual(await cards(page), ["claims second", "claims first"]);
  });

  it("is ignored by one click, and waits again by another", async () => {
    await using running = await RunningPage.start((scene) => scene.wait("printer", MINUTE_MS));
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByRole("button", { name: "Ignore" }).click();
    await page.getByText("Ignored printer.").waitFor();
    await page.getByText("Nobody waits.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: "Compare…" }).waitFor();
  });

  it("is a second device of a peer, or its new key, only by a choice", async () => {
    await using running = await RunningPage.start(async (scene) => {
      const anna = await scene.meet("anna", DAY_MS);
      await scene.startServer(anna.pin, "gw-1.example:8443");
      await scene.meet("anna", MINUTE_MS, { address: "203.0.113.9" });
    });
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByRole("heading", { name: "Has the name" }).waitFor();
    await page.getByRole("link", { name: "Compare…" }).click();
    const without = page.getByRole("button", { name: "Approve without comparing…" });
    await without.waitFor();
    assert.ok(await without.isDisabled());
    await page.getByRole("radio", { name: /^a second device/ }).check();
    await without.click();
    await page.getByRole("button", { name: "Approve uncompared" }).click();
    await page.getByText("Approved anna, not compared.").waitFor();
    const { items } = await running.store.listKeys({ state: "trusted" });
    assert.deepEqual(
      items.map(({ peer }) => peer),
      ["anna", "anna"],
    );
  });

  it("is one card when many come from one network, who are ignored together once their number was typed", async () => {
    await using running = await RunningPage.start(async (scene) => {
      for (let index = 0; index < 14; index++) {
        await scene.wait(`bot-${index}`, MINUTE_MS, { address: `198.51.100.${10 + index}` });
      }
      await scene.wait("printer", MINUTE_MS, { address: "10.0.4.7" });
    });
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByRole("heading", { name: "14 keys from 198.51.100.0/24" }).waitFor();
    await page.getByRole("button", { name: "Ignore all 14" }).click();
    const confirm = page.getByRole("button", { name: "Ignore 14 keys" });
    await confirm.waitFor();
    assert.ok(await confirm.isDisabled());
    await page.getByLabel("Type 14 to go on").fill("14");
    await confirm.click();
    await page.getByText("Ignored 14 keys.").waitFor();
    assert.deepEqual(await cards(page), ["claims printer"]);
  });
});
