import assert from "node:assert/strict";
import { it } from "node:test";
import type { Route } from "playwright-core";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { freePort } from "../support/free-port.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { MINUTE_MS } from "./support/scene/scene-writer.ts";
import { writeTuesday } from "./support/scene/tuesday.ts";
import { untilSo } from "./support/until-so.ts";

const LOST =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET/;

/** Longer than a page rests between two looks. */
const SLOW_MS = 2500;

/** Keeps what a page hears by its stream. */
const LISTEN_IN = `
  const ask = fetch;
  globalThis.heardOfStream = "";
  globalThis.fetch = async (...asked) => {
    const answer = await ask(...asked);
    if (asked[0] !== "/v1/stream" || answer.body === null) return answer;
    const [ours, theirs] = answer.body.tee();
    const hear = async () => {
      for await (const text of ours.pipeThrough(new TextDecoderStream())) heardOfStream += text;
    };
    hear().catch(() => undefined);
    return new Response(theirs, answer);
  };`;

describeInBrowser("a page that is open", (browser) => {
  it("shows who comes without being asked, and tells other tabs of the same browser", async () => {
    await using running = await RunningPage.start();
    await using watched = await running.open(browser());
    await using other = await running.openBeside(watched);
    await watched.page.getByText("Nobody waits.").waitFor();
    await other.page.getByText("Nobody waits.").waitFor();
    await running.scene.wait("printer-4", MINUTE_MS);
    await watched.page.getByRole("heading", { name: "claims printer-4" }).waitFor();
    await other.page.getByRole("heading", { name: "claims printer-4" }).waitFor();
  });

  it("shows what happened between its first look and its stream", async () => {
    await using running = await RunningPage.start();
    await using watched = await running.open(browser());
    const { page } = watched;
    const asked = Promise.withResolvers<Route>();
    await page.route("**/v1/stream", (route) => asked.resolve(route));
    await page.goto(`${running.origin}/history`);
    const stream = await asked.promise;
    await page.getByText("Nothing has happened yet.").waitFor();
    await running.scene.meet("anna", MINUTE_MS);
    await stream.continue();
    await page.getByText("Nothing has happened yet.").waitFor({ state: "detached" });
  });

  it("shows who waits though answers take longer than until more is heard", async () => {
    await using running = await RunningPage.start();
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.route("**/v1/waiting?*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      await route.continue().catch(() => undefined);
    });
    const counted = page.getByText(/^[1-9]\d* waiting$/);
    const end = performance.now() + PATIENCE_MS;
    for (let count = 0; !(await counted.isVisible()); count++) {
      assert.ok(performance.now() < end, "it shows nobody as long as others come");
      await running.scene.wait(`printer-${count}`, MINUTE_MS);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS / 5));
    }
    await page.unrouteAll({ behavior: "wait" });
  });

  it("looks again after an answer that was cut off", async () => {
    await using running = await RunningPage.start();
    await using watched = await running.open(browser());
    const { page } = watched;
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const cutOff = async (route: Route): Promise<void> => {
      await route.fulfill({ status: 200, contentType: "application/json", body: `{"head":{"sequ` });
      resolve();
    };
    await page.route("**/v1/audit/head", cutOff, { times: 1 });
    await page.goto(`${running.origin}/history`);
    await asked;
    await running.scene.meet("anna", MINUTE_MS);
    await page
      .getByText(/Verified to/)
      .first()
      .waitFor();
  });

  it("says that its server is lost, and comes back by itself with what happened meanwhile", async () => {
    await using running = await RunningPage.start(undefined, { port: await freePort() });
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.getByText("Nobody waits.").waitFor();
    // Of whom nothing was heard yet it is not said that there is no answer.
    await page.getByRole("link", { name: "healthy" }).waitFor();
    await running.fall();
    await page.getByText("the server does not answer").first().waitFor();
    await page.getByRole("link", { name: "no answer" }).waitFor();
    await running.scene.wait("printer-4", MINUTE_MS);
    await running.rise();
    await page.getByRole("heading", { name: "claims printer-4" }).waitFor();
    await page.getByRole("link", { name: "healthy" }).waitFor();
    await page.getByText(/^Not live since/).waitFor({ state: "detached" });
    await watched.expectComplaint(LOST);
  });

  it("goes on with its stream where it was cut", async () => {
    await using running = await RunningPage.start(undefined, { port: await freePort() });
    await using watched = await running.open(browser());
    const { page } = watched;
    await page.addInitScript({ content: LISTEN_IN });
    await page.reload();
    await page.getByText("Nobody waits.").waitFor();
    const streams: (string | undefined)[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/v1/stream")) streams.push(request.headers()["last-event-id"]);
    });
    const anna = await running.scene.meet("anna", MINUTE_MS);
    await page.getByText(/^head 1(?!\d)/).waitFor();
    // Which may have been asked for before the stream told it.
    await untilSo(page, "heardOfStream.includes('id: 1\\n')");
    await page.context().setOffline(true);
    await running.fall();
    await running.scene.operator(0).revoke(anna.pin);
    await running.rise();
    await page.context().setOffline(false);
    await page.getByText(/^head 2(?!\d)/).waitFor();
    assert.ok(streams.includes("1"), `went on with ${String(streams)}`);
    await watched.expectComplaint(/ERR_/);
  });

  it("has the second of two operators look again at what the first one changed", async () => {
    await using running = await RunningPage.start(writeTuesday);
    const { items } = await running.store.listKeys({ search: "printer-4" });
    const [printer] = items;
    assert.ok(printer);
    const path = `/compare/${toKeyId(printer.pin)}`;
    await using first = await running.open(browser(), path);
    await using second = await running.open(browser(), path);
    const approve = first.page.getByRole("button", { name: "Approve without comparing…" });
    await approve.waitFor();
    await second.page.route("**/v1/stream", () => undefined);
    await second.page.reload();
    await second.page.getByRole("button", { name: "Approve without comparing…" }).click();
    await approve.click();
    await first.page.getByRole("button", { name: "Approve uncompared" }).click();
    await first.page.getByText("Approved printer-4").waitFor();
    await second.page.getByRole("button", { name: "Approve uncompared" }).click();
    await second.page.getByText("It changed since you looked: it is trusted now.").waitFor();
    await second.page.getByText("This key does not wait for an operator.").waitFor();
    await second.expectComplaint(/status of 412/);
  });
});
