import assert from "node:assert/strict";
import { it } from "node:test";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { DAY_MS, MINUTE_MS } from "./support/scene/scene-writer.ts";
import { WatchedPage } from "./support/watched-page.ts";

describeInBrowser("signing in", (browser) => {
  it("is one click with a link, whose secret stays in no address, and which is good once", async () => {
    await using running = await RunningPage.start(undefined, { isSignedIn: false });
    await using watched = await WatchedPage.open(browser());
    const { page } = watched;
    await page.goto(running.link);
    const enter = page.getByRole("button", { name: "Sign in with this link" });
    await enter.waitFor();
    assert.equal(page.url(), `${running.origin}/`);
    await enter.click();
    await page.getByText("Nobody waits.").waitFor();

    await using late = await WatchedPage.open(browser());
    await late.page.goto(running.link);
    await late.page.getByRole("button", { name: "Sign in with this link" }).click();
    await late.page.getByRole("alert").waitFor();
    await late.page.getByText(/minute old\. Have another one printed: press Enter .* anew\.$/).waitFor();
    await late.page.getByRole("heading", { level: 1, name: "Operators only" }).waitFor();
    assert.equal(await late.page.getByRole("button", { name: "Sign in with this link" }).count(), 0);
    await late.expectComplaint(/status of 401/);
  });

  it("tells nobody what there is, and how to get in", async () => {
    await using running = await RunningPage.start((scene) => scene.meet("anna", DAY_MS));
    await using watched = await WatchedPage.open(browser());
    const { page } = watched;
    await page.goto(`${running.origin}/peers`);
    await page.getByText("Nobody is signed in here.").waitFor();
    await page.getByLabel("API token").waitFor();
    await page.getByText("handclasp ui", { exact: true }).waitFor();
    assert.doesNotMatch(await page.content(), /anna/);
  });

  it("is done with a token that is pasted, which shows only what its scope may do", async () => {
    await using running = await RunningPage.start((scene) => scene.wait("printer", MINUTE_MS));
    const { token } = await running.scene
      .operator(0)
      .createApiToken({ name: "wallboard", scope: "read", expires: Date.now() + DAY_MS });
    await using watched = await WatchedPage.open(browser());
    const { page } = watched;
    await page.goto(running.origin);
    await page.getByLabel("API token").fill("hca1.nothing");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await watched.expectComplaint(/status of 401/);
    await page.getByLabel("API token").fill(` ${token} `);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "printer" }).waitFor();
    await page.getByText("wallboard").first().waitFor();
    assert.equal(await page.getByRole("link", { name: "Compare…" }).count(), 0);
    assert.equal(await page.getByRole("button", { name: "Ignore" }).count(), 0);

    await page.getByRole("button", { name: "Other views, and signing out" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("Nobody is signed in here.").waitFor();
    await page.reload();
    await page.getByText("Nobody is signed in here.").waitFor();
  });

  it("is over at once for whoever signs out: nothing more is asked as somebody whom the server is about to forget", async () => {
    await using running = await RunningPage.start((scene) => scene.wait("printer", MINUTE_MS));
    await using watched = await WatchedPage.open(browser());
    const { page } = watched;
    const { token } = await running.scene
      .operator(0)
      .createApiToken({ name: "wallboard", scope: "read", expires: Date.now() + DAY_MS });
    await page.goto(running.origin);
    await page.getByLabel("API token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "printer" }).waitFor();
    const isLeaving = Promise.withResolvers<void>();
    const isLate = Promise.withResolvers<void>();
    await page.route("**/v1/session", async (route) => {
      if (route.request().method() === "DELETE") {
        isLeaving.resolve();
        await isLate.promise;
      }
      await route.continue();
    });
    await page.getByRole("button", { name: "Other views, and signing out" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await isLeaving.promise;
    const asked: string[] = [];
    page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
    await running.scene.wait("scanner", MINUTE_MS);
    await page.waitForTimeout(1000);
    assert.deepEqual(asked, []);
    isLate.resolve();
    await page.getByText("Nobody is signed in here.").waitFor();
    assert.deepEqual(watched.complaints, []);
  });
});
