import assert from "node:assert/strict";
import { it } from "node:test";
import type { Locator, Page } from "playwright-core";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { factsOf } from "../support/certificates.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { DAY_MS, HOUR_MS, type SceneWriter } from "./support/scene/scene-writer.ts";
import { untilSo } from "./support/until-so.ts";

const MANY = 650;

/** Several pages of a list. */
async function writeMany(scene: SceneWriter): Promise<void> {
  const operator = scene.operator(10 * DAY_MS);
  for (let index = 0; index < MANY; index++) {
    await operator.import(factsOf(`peer-${String(index).padStart(4, "0")}`));
  }
  await operator.addToGroup("lab", "peer-0042");
}

const rows = (page: Page): Locator => page.getByRole("table", { name: "Peers" }).getByRole("row");

async function untilThereAre(found: Locator, count: number): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while ((await found.count()) !== count && performance.now() < end) await found.page().waitForTimeout(50);
  assert.equal(await found.count(), count);
}

/** Scrolls on, and waits until what is there is shown: nothing is skipped. */
async function scrollOn(page: Page): Promise<void> {
  const before = await page.evaluate<number>("scrollY");
  await page.mouse.move(600, 400);
  await page.mouse.wheel(0, 600);
  await untilSo(
    page,
    `(scrollY > ${before} || scrollY + innerHeight >= document.documentElement.scrollHeight - 1) &&
     document.elementFromPoint(600, 400)?.closest("[role=row]")?.querySelector("a") != null`,
  );
}

async function named(store: TrustStore, name: string): Promise<string | undefined> {
  const { items } = await store.listKeys({ search: name });
  return items.find(({ peer }) => peer === name)?.state;
}

describeInBrowser("the list of peers", (browser) => {
  it("has rows for what is looked at alone, down to the last one", async () => {
    await using running = await RunningPage.start(writeMany);
    await using watched = await running.open(browser(), "/peers");
    const { page } = watched;
    await rows(page).nth(5).waitFor();
    const names = new Set<string>();
    for (let end = performance.now() + PATIENCE_MS; names.size < MANY && performance.now() < end;) {
      const shown = await rows(page).getByRole("link").allTextContents();
      assert.ok(shown.length < 120, `${shown.length} rows at once`);
      const former = names.size;
      for (const name of shown) names.add(name);
      if (names.size > former) end = performance.now() + PATIENCE_MS;
      await scrollOn(page);
    }
    assert.equal(names.size, MANY);
    assert.equal(await page.getByRole("table").getAttribute("aria-rowcount"), String(MANY + 1));
  });

  it("finds as one types, goes on by keys, and keeps in its address what was searched for", async () => {
    await using running = await RunningPage.start(writeMany);
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.keyboard.press("/");
    await page.keyboard.type("peer-004");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Peers" }).waitFor();
    await untilThereAre(rows(page), 11);
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = await rows(page).nth(2).getByRole("link").textContent();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: second ?? "" }).waitFor();
    await page.goBack();
    await untilThereAre(rows(page), 11);
    assert.equal(await page.getByRole("combobox", { name: "Search peers" }).inputValue(), "peer-004");
  });

  it("offers how a search can go on, by keyboard, groups among it", async () => {
    await using running = await RunningPage.start(writeMany);
    await using watched = await running.open(browser(), "/peers");
    const { page } = watched;
    const box = page.getByRole("combobox", { name: "Search peers" });
    await box.fill("gro");
    await page.getByRole("option", { name: /^group:/ }).waitFor();
    await box.press("ArrowDown");
    await box.press("Enter");
    await page.getByRole("option", { name: /^group:lab/ }).waitFor();
    await box.press("ArrowDown");
    await box.press("Enter");
    assert.equal(await box.inputValue(), "group:lab ");
  });

  it("revokes all that match a search after one question, and nobody else", async () => {
    await using running = await RunningPage.start(writeMany);
    await using watched = await running.open(browser(), "/peers?q=peer-004");
    const { page } = watched;
    await untilThereAre(rows(page), 11);
    await page.getByRole("button", { name: "Act on all that match" }).click();
    await page.getByRole("menuitem", { name: "Revoke all that match…" }).click();
    await page.getByRole("button", { name: "Revoke 10 keys" }).click();
    await page.getByText("Revoked 10 keys.").waitFor();
    assert.equal(await named(running.store, "peer-0042"), "revoked");
    assert.equal(await named(running.store, "peer-0050"), "trusted");

    await page.goto(`${running.origin}/peers?q=peer-005&state=trusted`);
    await page.getByRole("button", { name: "Act on all that match" }).click();
    await page.getByRole("menuitem", { name: "Set aside all that match…" }).click();
    await page.getByRole("button", { name: "Set aside 10 keys" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await named(running.store, "peer-0050"), "trusted");
  });

  it("shows those of one state, and says what to do where there is none", async () => {
    await using running = await RunningPage.start((scene) => scene.meet("anna", DAY_MS));
    await using watched = await running.open(browser(), "/peers");
    const { page } = watched;
    await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Revoked" }).click();
    await page.getByText("No key is revoked.").waitFor();
    assert.equal(new URL(page.url()).search, "?state=revoked");
    await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Trusted" }).click();
    await page.getByRole("link", { name: "anna" }).waitFor();
  });
});

describeInBrowser("a peer", (browser) => {
  it("is named, noted, put into a group, set aside and back, and forgotten", async () => {
    await using running = await RunningPage.start((scene) => scene.meet("anna", DAY_MS));
    await using watched = await running.open(browser(), "/peers");
    const { page } = watched;
    const { store } = running;
    const choose = async (item: string): Promise<void> => {
      await page.getByRole("button", { name: /^More for/ }).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await page.getByRole("link", { name: "anna" }).click();

    await choose("Rename…");
    await page.getByLabel("New name").fill("anna-2");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("heading", { level: 1, name: "anna-2" }).waitFor();

    await choose("Note…");
    await page.getByLabel("What other operators should know").fill("desk 4");
    await page.getByRole("button", { name: "Write note" }).click();
    await page.getByText("desk 4").first().waitFor();

    await choose("Groups…");
    await page.getByLabel("Group", { exact: true }).fill("lab");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("button", { name: "Take out of lab" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "lab" }).waitFor();

    await choose("Set aside");
    await page.getByText("Set aside anna-2").waitFor();
    assert.equal(await named(store, "anna-2"), "pending");
    await page
      .getByRole("region", { name: "Done lately" })
      .getByText("Set aside anna-2")
      .locator("..")
      .getByRole("button", { name: "Undo" })
      .click();
    await page.getByText("Undone.").waitFor();
    assert.equal(await named(store, "anna-2"), "trusted");
    // What is acted on is the key as it is shown.
    await page.getByRole("button", { name: "Revoke", exact: true }).waitFor();

    await choose("Forget…");
    await page.getByText("This cannot be undone").waitFor();
    await page.getByRole("button", { name: "Forget this key" }).click();
    await page.getByText("No peers yet.").waitFor();
    assert.equal(await named(store, "anna-2"), undefined);
  });

  it("has a menu that stays as it is while one looks at it", async () => {
    await using running = await RunningPage.start((scene) => scene.meet("anna", DAY_MS));
    await using watched = await running.open(browser(), "/peers");
    const { page } = watched;
    await page.getByRole("link", { name: "anna" }).click();
    await page.getByRole("button", { name: "More for anna" }).click();
    const offered = await page.getByRole("menuitem").allTextContents();
    await running.scene.operator(0).revoke("anna");
    await page.getByRole("link", { name: "Compare…" }).waitFor();
    assert.deepEqual(await page.getByRole("menuitem").allTextContents(), offered);
    await page.getByRole("menuitem", { name: "Set aside" }).click();
    await page.getByText("It changed since you looked: it is revoked now. Nothing was done.").waitFor();
    await watched.expectComplaint(/status of 412/);
  });

  it("has a time line in which each refusal says why, and commands beside its acts", async () => {
    let key = "";
    await using running = await RunningPage.start(async (scene) => {
      const left = await scene.meet("tablet", 20 * DAY_MS);
      key = toKeyId(left.pin);
      await scene.operator(6 * DAY_MS, "jo").revoke(left.pin);
      await scene.refuse("revoked", 3 * HOUR_MS, { pin: left.pin, peer: "tablet", count: 212 });
    });
    await using watched = await running.open(browser(), `/peers/${key}`);
    const { page } = watched;
    const marks = page.getByRole("region", { name: "Time line" }).getByRole("listitem");
    await marks.first().waitFor();
    const texts = await marks.allTextContents();
    assert.match(texts[0] ?? "", /refused 212 times/);
    assert.match(texts[1] ?? "", /revoked it/);
    assert.match(texts[2] ?? "", /met it/);
    await page.getByRole("button", { name: "Why?" }).click();
    await page.getByText("What changes that").waitFor();
    await page.getByText("As command or curl").first().click();
    await page
      .getByText(/^handclasp trust approve/)
      .first()
      .waitFor();
    await page
      .getByText(/^curl /)
      .first()
      .waitFor();
  });
});
