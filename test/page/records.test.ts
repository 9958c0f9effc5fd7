import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { Home, startServe } from "../cli/support/serve.ts";
import { identity } from "../guard/support/identities.ts";
import { HeldConnection } from "../journeys/support/held-connection.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { writeTuesday } from "./support/scene/tuesday.ts";

describeInBrowser("the page's records", (browser) => {
  it("lead from a refusal to its explanation, and to the key that is compared and replaced", async () => {
    await using running = await RunningPage.start(writeTuesday);
    await using watched = await running.open(browser(), "/refusals");
    const { page } = watched;
    await page.getByLabel("Why", { exact: true }).selectOption("key-changed");
    await page.getByRole("button", { name: "Why? anna was refused" }).click();
    await page.getByText(/The name it claims is bound to another key/).waitFor();
    assert.match(page.url(), /reason=key-changed&open=/);
    await page.getByRole("link", { name: "Compare and replace…" }).click();
    await page.getByRole("heading", { name: "Is this really anna?" }).waitFor();
    assert.ok(await page.getByRole("radio", { name: /its new key/ }).isChecked());
  });

  it("invite a client that comes in by what is shown once", async () => {
    await using running = await RunningPage.start();
    await using server = await startServe(running.home, ["--first-use", "refuse"]);
    await using watched = await running.open(browser(), "/invite");
    const { page } = watched;
    await page.getByRole("textbox", { name: "Name" }).fill("printer-5");
    await page.getByRole("button", { name: "Make a token" }).click();
    const shown = page.getByRole("region", { name: "The token" });
    await shown.getByRole("img", { name: "The token for printer-5 as a QR code" }).waitFor();
    const command = (await shown.locator("code", { hasText: "handclasp join" }).textContent()) ?? "";
    const [token] = /hcj?1?\S*$|\S+$/.exec(command) ?? [];
    using visitor = new Home();
    const joined = await visitor.run(["join", token ?? ""]);
    assert.equal(joined.code, 0, joined.stderr);
    await page.getByRole("button", { name: "I have handed it over" }).click();
    await page.getByRole("region", { name: "Used" }).getByText("printer-5").waitFor();
    assert.equal(await page.getByText(token ?? "").count(), 0);
    assert.ok(server.port > 0);
  });

  it("take back an event of history, verify the chain, and give it away as lines", async () => {
    await using running = await RunningPage.start(writeTuesday);
    await using watched = await running.open(browser(), "/history");
    const { page } = watched;
    const revoked = page.getByRole("listitem").filter({ hasText: "jo revoked tablet-old" });
    await revoked.getByRole("button", { name: /^Undo event/ }).click();
    await page.getByText(/^Took back event \d+\.$/).waitFor();
    await page.getByText(/took back event \d+ \(revoked\) of/).waitFor();
    await page.getByRole("button", { name: "Verify all anew" }).click();
    await page.getByText(`Verified to head ${running.store.head().sequence}`).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export as JSON lines" }).click(),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\n");
    assert.equal(lines.length, running.store.head().sequence);
  });

  it("open a window with limits, count it down, show who came, and close it", async () => {
    await using running = await RunningPage.start();
    await using server = await startServe(running.home, ["--first-use", "refuse"]);
    await using watched = await running.open(browser(), "/window");
    const { page } = watched;
    await page.getByLabel("At most").fill("3");
    await page.getByLabel("From").fill("127.0.0.0/8");
    await page.getByRole("button", { name: "Open the window" }).click();
    await page
      .getByRole("timer")
      .getByText(/^09:\d\d$/)
      .waitFor();
    const [scanner, other] = [await identity("scanner"), await identity("stranger")];
    using held = await HeldConnection.open(server.port, scanner);
    using unwanted = await HeldConnection.open(server.port, other);
    const came = page.getByRole("region", { name: "Who came" });
    await came.getByText("stranger").waitFor();
    await page.getByText("2 of at most 3 came so far.").waitFor();
    await page.getByRole("button", { name: "Close it now" }).click();
    await page.getByRole("button", { name: "Open the window" }).waitFor();
    await came.getByRole("button", { name: "Revoke stranger" }).click();
    await unwanted.closedAt;
    assert.ok(!held.socket.closed);
    assert.equal(running.store.key(scanner.facts.pin)?.state, "trusted");
  });

  it("make an API token that is shown once and does what its scope says", async () => {
    await using running = await RunningPage.start(writeTuesday);
    await using watched = await running.open(browser(), "/settings");
    const { page } = watched;
    await page.getByLabel("Name of the token").fill("backup");
    await page.getByRole("button", { name: "Make an API token" }).click();
    const made = page.getByRole("group", { name: "The API token" });
    const token = (await made.locator("code").textContent()) ?? "";
    assert.match(token, /^hca1\.[\w-]+$/);
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${running.origin}/v1/keys`, { headers })).status, 200);
    const { items } = await running.store.listKeys({ search: "printer-4" });
    const path = `/v1/keys/${toKeyId(items[0]?.pin ?? "sha256:")}/ignore`;
    const post = { method: "POST", body: "{}", headers: { ...headers, "content-type": "application/json" } };
    assert.equal((await fetch(`${running.origin}${path}`, post)).status, 403);
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("button", { name: "Cancel the API token backup" }).click();
    await page.getByText("Cancelled the API token backup").waitFor();
    assert.equal((await fetch(`${running.origin}/v1/keys`, { headers })).status, 401);
  });
});
