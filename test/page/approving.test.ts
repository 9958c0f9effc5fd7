import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import type { Page } from "playwright-core";
import { encodeKeyCode } from "../../src/trust/naming/key-code.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { toPhrase } from "../../src/trust/naming/phrase.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { startServe, startServer } from "../cli/support/serve.ts";
import { openHttpUpstream } from "../gateway/support/http-upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { HeldConnection } from "../journeys/support/held-connection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { cameraArguments, filmQrCode } from "./support/camera.ts";
import { CertificateProxy } from "./support/certificate-proxy.ts";
import { RunningPage } from "./support/running-page.ts";
import { WatchedPage } from "./support/watched-page.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const FILM = join(temporaryFolder(), "film.y4m");

const approve = (page: Page): ReturnType<Page["getByRole"]> =>
  page.getByRole("button", { name: "Approve", exact: true });

describeInBrowser("approving somebody who waits", (browser) => {
  it("is done by mouse: compared by key id, in, revoked with its connection, and back", async () => {
    await using running = await RunningPage.start();
    await using server = await startServe(running.home, ["--first-use", "ask"]);
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByText("Nobody waits.").waitFor();
    const printer = await identity("printer-4");
    using refused = await HeldConnection.open(server.port, printer);
    await refused.closedAt;
    await page.getByRole("link", { name: "Compare…" }).click();
    await page.getByLabel("Key id, phrase or code").fill(toKeyId((await identity("somebody")).facts.pin));
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByText("Not equal.").waitFor();
    assert.ok(await approve(page).isDisabled());
    await page.getByLabel("Key id, phrase or code").fill(toKeyId(printer.facts.pin));
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByText("Equal.", { exact: true }).waitFor();
    await approve(page).click();
    await page.getByText("Approved printer-4, compared by key id").waitFor();
    assert.equal(running.store.key(printer.facts.pin)?.state, "trusted");

    using held = await HeldConnection.open(server.port, printer);
    await page.getByRole("link", { name: "Connections" }).click();
    await page.getByRole("button", { name: "Revoke printer-4" }).click();
    await page.getByText("Revoked printer-4. 1 connection ended.").waitFor();
    await held.closedAt;
    const done = page.getByRole("region", { name: "Done lately" }).locator("> *");
    await done.filter({ hasText: "Revoked printer-4" }).getByRole("button", { name: /^Undo/ }).click();
    await page.getByText("Undone").waitFor();
    using back = await HeldConnection.open(server.port, printer);
    assert.ok(!back.socket.closed);
  });

  it("is done by keyboard alone: compared by words", async () => {
    await using running = await RunningPage.start();
    await using server = await startServe(running.home, ["--first-use", "ask"]);
    const printer = await identity("printer-4");
    using refused = await HeldConnection.open(server.port, printer);
    await refused.closedAt;
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByRole("link", { name: "Compare…" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    const blanks = page.getByRole("textbox", { name: /^Word \d+$/ });
    await blanks.first().waitFor();
    const words = toPhrase(server.pin as KeyPin, printer.facts.pin).split(" ");
    await tabTo(page, "Word");
    for (const blank of await blanks.all()) {
      const [, place] = /(\d+)$/.exec((await blank.getAttribute("aria-label")) ?? "") ?? [];
      await page.keyboard.type(`${words[Number(place) - 1]?.slice(0, 4)} `);
    }
    await page.keyboard.press("Enter");
    await page.getByText("Equal.", { exact: true }).waitFor();
    await tabTo(page, "Approve");
    await page.keyboard.press("Enter");
    await page.getByText("Approved printer-4, compared by words").waitFor();
    using held = await HeldConnection.open(server.port, printer);
    assert.ok(!held.socket.closed);
  });
});

describeInBrowser(
  "approving on a phone",
  (browser) => {
    it("scans the code that the waiting person's page shows, which goes on by itself", async () => {
      await using running = await RunningPage.start();
      await using app = await openHttpUpstream((_request, response) => response.end("the application"));
      const options = ["--mode", "http", "--to", `http://127.0.0.1:${app.port}`];
      await using gateway = await startServer(running.home, [
        "gateway",
        ...options,
        "--on-pending",
        "page",
        "--first-use",
        "ask",
      ]);
      const printer = await identity("printer-4");
      const origin = `https://127.0.0.1:${gateway.port}`;
      await using proxy = await CertificateProxy.open(printer);
      await using person = await WatchedPage.open(browser(), proxy.options);
      await person.page.goto(origin);
      await person.page.getByText("Waiting for approval").waitFor();

      filmQrCode(FILM, encodeKeyCode({ serverPin: gateway.pin as KeyPin, pin: printer.facts.pin }));
      await using watched = await running.open(browser(), "/", PHONE);
      const { page } = watched;
      await page.getByRole("link", { name: "Compare…" }).tap();
      await person.page.getByText(/operator has seen/).waitFor();
      await page.getByRole("button", { name: "Scan its code" }).tap();
      await page.getByText("Equal.", { exact: true }).waitFor();
      await approve(page).tap();
      await page.getByText("Approved printer-4, compared by its code").waitFor();
      await person.page.getByText("the application").waitFor();
      await person.expectComplaint(/403|favicon/);
    });
  },
  cameraArguments(FILM),
);

/** Goes on by the Tab key until something called so has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let tries = 0; tries < 80; tries++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<string>(
      "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()",
    );
    if (focused === name || focused.startsWith(`${name} `)) return;
  }
  assert.fail(`no Tab leads to ${name}`);
}
