import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { parseJoinToken } from "../../src/trust/naming/join-token.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { identity } from "../guard/support/identities.ts";
import { HeldConnection } from "../journeys/support/held-connection.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { CONTEXT, Hand, WAYS } from "./support/hand.ts";
import { RunningPage } from "./support/running-page.ts";
import { writeTuesday } from "./support/scene/tuesday.ts";
import { WatchedPage } from "./support/watched-page.ts";

describeInBrowser("the page's records", (browser) => {
  for (const way of WAYS) {
    describe(`by ${way}`, () => {
      let running: RunningPage;
      let server: RunningServer;
      before(async () => {
        running = await RunningPage.start(writeTuesday);
        server = await startServe(running.home, ["--first-use", "refuse"]);
      });
      after(async () => {
        await server.stop();
        await running[Symbol.asyncDispose]();
      });

      it("let somebody in by the link that was printed, once", async () => {
        await using printed = await RunningPage.start(undefined, { isSignedIn: false });
        await using watched = await WatchedPage.open(browser(), CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        await page.goto(printed.link);
        await hand.press(page.getByRole("button", { name: "Sign in with this link" }));
        await page.getByText("Nobody waits.").waitFor();
        await using again = await WatchedPage.open(browser(), CONTEXT[way]);
        await again.page.goto(printed.link);
        await new Hand(again.page, way).press(
          again.page.getByRole("button", { name: "Sign in with this link" }),
        );
        await again.page.getByText(/this link was used before/i).waitFor();
        await again.expectComplaint(/status of 401/);
      });

      it("lead from a refusal to its explanation, and to the key that is compared and replaced", async () => {
        await using watched = await running.open(browser(), "/refusals", CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        await page
          .getByRole("button", { name: /^Why\?/ })
          .first()
          .waitFor();
        await hand.choose(page.getByLabel("Why", { exact: true }), "key-changed");
        const refused = page.getByRole("listitem").filter({ hasText: "key-changed" });
        await hand.press(refused.getByRole("button", { name: "Why? anna was refused" }));
        await page.getByText(/The name it claims is bound to another key/).waitFor();
        assert.match(page.url(), /reason=key-changed&open=/);
        await hand.press(page.getByRole("link", { name: "Compare and replace…" }));
        await page.getByRole("heading", { name: "Is this really anna?" }).waitFor();
        assert.ok(await page.getByRole("radio", { name: /its new key/ }).isChecked());
      });

      it("invite a client that comes in by what is shown once", async () => {
        await using watched = await running.open(browser(), "/invite", CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        await hand.type(page.getByRole("textbox", { name: "Name" }), "printer-10");
        await hand.type(page.getByLabel("Clients connect to"), "gw.example:8443, [::1]:8443");
        await hand.press(page.getByRole("button", { name: "Make a token" }));
        const elsewhere = page.getByRole("region", { name: "The token" });
        const join = (await elsewhere.locator("code", { hasText: "handclasp join" }).textContent()) ?? "";
        const { servers } = parseJoinToken(join.split(" ").at(-1) ?? "");
        assert.deepEqual(servers, ["gw.example:8443", "[::1]:8443"]);
        await hand.press(page.getByRole("button", { name: "I have handed it over" }));

        await hand.type(page.getByRole("textbox", { name: "Name" }), "printer-9");
        await hand.type(page.getByLabel("Groups"), "lab, night shift");
        await hand.press(page.getByRole("button", { name: "Make a token" }));
        const shown = page.getByRole("region", { name: "The token" });
        await shown.getByRole("img", { name: "The token for printer-9 as a QR code" }).waitFor();
        const command = (await shown.locator("code", { hasText: "handclasp join" }).textContent()) ?? "";
        const token = command.split(" ").at(-1) ?? "";
        using visitor = new Home();
        const joined = await visitor.run(["join", token]);
        assert.equal(joined.code, 0, joined.stderr);
        await hand.press(page.getByRole("button", { name: "I have handed it over" }));
        await page.getByRole("region", { name: "Used" }).getByText("printer-9").waitFor();
        await page.getByText(/, into lab, night shift/).waitFor();
        assert.deepEqual(running.store.groupsOf("printer-9"), ["lab", "night shift"]);
        assert.equal(await page.getByText(token).count(), 0);
      });

      it("take back an event of history, verify the chain, and give it away as lines", async () => {
        await using watched = await running.open(browser(), "/history", CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        const revoked = page.getByRole("listitem").filter({ hasText: "jo revoked tablet-old" });
        await hand.press(revoked.getByRole("button", { name: /^Undo event/ }));
        await page.getByText(/^Took back event \d+\.$/).waitFor();
        await page
          .getByText(/took back event \d+ \(revoked\) of/)
          .first()
          .waitFor();
        await hand.press(page.getByRole("button", { name: "Verify all anew" }));
        await page.getByText(`Verified to head ${running.store.head().sequence}`).waitFor();
        const [file] = await Promise.all([
          page.waitForEvent("download"),
          hand.press(page.getByRole("button", { name: "Export as JSON lines" })),
        ]);
        const lines = readFileSync(await file.path(), "utf8")
          .trim()
          .split("\n");
        assert.equal(lines.length, running.store.head().sequence);
      });

      it("open a window with limits, count it down, show who came, and close it", async () => {
        await using watched = await running.open(browser(), "/window", CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        await hand.type(page.getByLabel("At most"), "3");
        await hand.type(page.getByLabel("From"), "127.0.0.0/8");
        await hand.press(page.getByRole("button", { name: "Open the window" }));
        await page
          .getByRole("timer")
          .getByText(/^0\d:\d\d$/)
          .waitFor();
        const [scanner, other] = [await identity("hand-scanner"), await identity("stranger")];
        using held = await HeldConnection.open(server.port, scanner);
        using unwanted = await HeldConnection.open(server.port, other);
        const came = page.getByRole("region", { name: "Who came" });
        await came.getByText("stranger").waitFor();
        await page.getByText("2 of at most 3 came so far.").waitFor();
        await hand.press(page.getByRole("button", { name: "Close it now" }));
        await page.getByRole("button", { name: "Open the window" }).waitFor();
        await hand.press(came.getByRole("button", { name: "Revoke stranger" }));
        await unwanted.closedAt;
        assert.ok(!held.socket.closed);
        assert.equal(running.store.key(scanner.facts.pin)?.state, "trusted");
      });

      it("make an API token that is shown once and does what its scope says", async () => {
        await using watched = await running.open(browser(), "/settings", CONTEXT[way]);
        const { page } = watched;
        const hand = new Hand(page, way);
        await hand.type(page.getByLabel("Name of the token"), "backup");
        await hand.press(page.getByRole("button", { name: "Make an API token" }));
        const made = page.getByRole("group", { name: "The API token" });
        const token = (await made.locator("code").textContent()) ?? "";
        assert.match(token, /^hca1\.[\w-]+$/);
        const headers = { authorization: `Bearer ${token}` };
        assert.equal((await fetch(`${running.origin}/v1/keys`, { headers })).status, 200);
        const { items } = await running.store.listKeys({ search: "printer-4" });
        const path = `/v1/keys/${toKeyId(items[0]?.pin ?? "sha256:")}/ignore`;
        const json = { ...headers, "content-type": "application/json" };
        const post = { method: "POST", body: "{}", headers: json };
        assert.equal((await fetch(`${running.origin}${path}`, post)).status, 403);
        await hand.press(page.getByRole("button", { name: "I have kept it" }));
        await hand.press(page.getByRole("button", { name: "Cancel the API token backup" }));
        await page.getByText("Cancelled the API token backup").waitFor();
        assert.equal((await fetch(`${running.origin}/v1/keys`, { headers })).status, 401);
      });

      it("compare two times", async () => {
        await using watched = await running.open(browser(), "/history?view=compare", CONTEXT[way]);
        const { page } = watched;
        // Fields for times are typed into by parts, which differ from machine to machine.
        await page.getByLabel("Then").fill(new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 16));
        await new Hand(page, way).press(page.getByRole("button", { name: "Compare", exact: true }));
        const keys = page.getByRole("list", { name: "Keys" }).getByRole("listitem");
        await keys.filter({ hasText: "tablet-new" }).filter({ hasText: "trusted as tablet-new" }).waitFor();
      });
    });
  }
});
