import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import type { Page } from "playwright-core";
import { parseEvent } from "../../src/trust/records/events.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { type RunningServer, startServer, until } from "../cli/support/serve.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { HeldConnection } from "../journeys/support/held-connection.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { CertificateProxy } from "./support/certificate-proxy.ts";
import { RunningPage } from "./support/running-page.ts";
import { MINUTE_MS } from "./support/scene/scene-writer.ts";
import { WatchedPage } from "./support/watched-page.ts";

/** Somebody else's page, at `http://localhost:PORT`. */
async function openElsewhere(html: string): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(html);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describeInBrowser(
  "the page and other pages",
  (browser) => {
    it("lets nobody put it into a frame", async () => {
      await using running = await RunningPage.start();
      await using elsewhere = await openElsewhere(`<iframe src="${running.origin}/"></iframe>`);
      await using watched = await WatchedPage.open(browser());
      await watched.page.goto(elsewhere.origin);
      await watched.page.waitForFunction("frames.length === 1");
      const [, frame] = watched.page.frames();
      await frame?.waitForLoadState();
      assert.equal(await frame?.getByText("handclasp").count(), 0);
      await watched.expectComplaint(/frame-ancestors/);
      await watched.expectComplaint(/asked elsewhere|favicon/);
    });

    it("answers nothing under a name that is not its own", async () => {
      await using running = await RunningPage.start();
      await using watched = await WatchedPage.open(browser());
      const { port } = new URL(running.origin);
      const answer = await watched.page.goto(`http://rebound.example:${port}/`);
      assert.equal(answer?.status(), 421);
      const inner = await watched.page.evaluate<number>("fetch('/v1/session').then(({ status }) => status)");
      assert.equal(inner, 421);
      await watched.expectComplaint(/421|Cross-Origin-Opener-Policy/);
    });
  },
  ["--host-resolver-rules=MAP rebound.example 127.0.0.1"],
);

/** A gateway with the page on a port of its own, and mira, its operator. */
async function startGuarded(running: RunningPage): Promise<{
  readonly gateway: RunningServer;
  readonly origin: string;
  readonly mira: TestIdentity;
}> {
  const file = running.home.path("gateway.toml");
  const listener = `[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:9"\nfirst_use = "ask"\n`;
  writeFileSync(file, `[admin]\nlisten = "127.0.0.1:0"\n\n${listener}`);
  const gateway = await startServer(running.home, ["gateway", "--config", file]);
  const { port } = await gateway.logged(({ event }) => event === "admin");
  const mira = await identity("mira");
  using refused = await HeldConnection.open(gateway.port, mira);
  await refused.closedAt;
  // That it waits is written while it is told.
  await until(() => running.store.key(mira.facts.pin) !== undefined);
  await running.scene.operator(0).approve(mira.facts.pin);
  await running.scene.operator(0).addToGroup("operators", mira.facts.pin);
  const origin = `https://127.0.0.1:${String(port)}`;
  return { gateway, origin, mira };
}

describeInBrowser("the page of a gateway", (browser) => {
  it("knows its operators by their certificates, and has that in what they do", async () => {
    await using running = await RunningPage.start();
    const { gateway, origin, mira } = await startGuarded(running);
    await using _gateway = gateway;
    const printer = await running.scene.wait("printer-4", MINUTE_MS);
    await using proxy = await CertificateProxy.open(mira);
    await using watched = await WatchedPage.open(browser(), proxy.options);
    await watched.page.goto(`${origin}/compare/${toKeyId(printer.pin)}`);
    await approveUncompared(watched.page);
    const { items } = await running.store.listEvents({ type: "approved", newestFirst: true, limit: 1 });
    const { actor } = parseEvent(items[0]?.json ?? "") ?? assert.fail();
    assert.deepEqual([actor.user, actor.via, actor.keyId], ["mira", "certificate", toKeyId(mira.facts.pin)]);
  });

  it("says why somebody is nobody here: without a certificate, and with one that was revoked meanwhile", async () => {
    await using running = await RunningPage.start();
    const { gateway, origin, mira } = await startGuarded(running);
    await using _gateway = gateway;
    await using nobody = await WatchedPage.open(browser(), { ignoreHTTPSErrors: true });
    await nobody.page.goto(origin);
    await nobody.page.getByText("Nobody is signed in here.").waitFor();
    await using proxy = await CertificateProxy.open(mira);
    await using watched = await WatchedPage.open(browser(), proxy.options);
    await watched.page.goto(origin);
    await watched.page.getByText("Nobody waits.").waitFor();
    await running.scene.operator(0).revoke(mira.facts.pin);
    await watched.page.getByText(/its key was revoked/).waitFor();
    await watched.expectComplaint(/ERR_|401/);
  });

  it("does nothing that a page of another origin asks for, though the browser has the operator's certificate", async () => {
    await using running = await RunningPage.start();
    const { gateway, origin, mira } = await startGuarded(running);
    await using _gateway = gateway;
    const printer = await running.scene.wait("printer-4", MINUTE_MS);
    const head = running.store.head().sequence;
    const path = `${origin}/v1/keys/${toKeyId(printer.pin)}/approve`;
    await using elsewhere = await openElsewhere(
      `<form method="post" enctype="text/plain" action="${path}"><input name='{"name":"x","y":"' value='"}'></form>`,
    );
    await using proxy = await CertificateProxy.open(mira);
    await using watched = await WatchedPage.open(browser(), proxy.options);
    const { page } = watched;
    await page.goto(origin);
    await page.getByRole("heading", { name: "claims printer-4" }).waitFor();
    await page.goto(elsewhere.origin);
    const { version } = running.store.key(printer.pin) ?? assert.fail();
    for (const mode of ["no-cors", "cors"]) {
      for (const type of ["text/plain", "application/json"]) {
        const headers = { "content-type": type, ...(mode === "cors" && { "if-match": `"${version}"` }) };
        const init = JSON.stringify({ method: "POST", mode, credentials: "include", headers, body: "{}" });
        await page.evaluate(`fetch(${JSON.stringify(path)}, ${init}).catch(() => 0)`);
      }
    }
    await page.evaluate("document.forms[0].submit()");
    await page.getByText(/"status": ?403/).waitFor();
    assert.equal(running.store.key(printer.pin)?.state, "pending");
    assert.equal(running.store.head().sequence, head);
    await watched.expectComplaint(/CORS|ERR_|asked elsewhere|favicon|403/);
  });
});

async function approveUncompared(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Approve without comparing…" }).click();
  await page.getByRole("button", { name: "Approve uncompared" }).click();
  await page.getByText("Approved printer-4").waitFor();
}
