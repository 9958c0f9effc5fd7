import assert from "node:assert/strict";
import { it } from "node:test";
import type { Page } from "playwright-core";
import decodeQr from "qr/decode.js";
import { encodeKeyCode } from "../../src/trust/naming/key-code.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { SightingBatch } from "../../src/trust/port/ledger.ts";
import { identity } from "../guard/support/identities.ts";
import { type HttpScene, openHttpScene, server } from "../gateway/support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../gateway/support/http-upstream.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { CertificateProxy } from "./support/certificate-proxy.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { WatchedPage } from "./support/watched-page.ts";

const PHONE = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true };
const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };
const NAME = `<img src=x onerror="alert(1)">`;
const printer = await identity("printer-4");

interface Scene extends AsyncDisposable {
  readonly gateway: HttpScene;
  readonly url: string;
  /** What the application was asked for. */
  readonly asked: readonly string[];
}

/** An application behind a gateway that asks about strangers. */
async function openScene(): Promise<Scene> {
  const asked: string[] = [];
  const upstream: Upstream = await openHttpUpstream((request, response) => {
    asked.push(String(request.url));
    response.setHeader("content-type", "text/html");
    response.end(
      `<!doctype html><title>In</title><h1>Hello ${String(request.headers["handclasp-peer"])}</h1>`,
    );
  });
  const gateway = await openHttpScene({
    to: upstream.port,
    policy: { firstUse: "ask" },
    config: { onPending: "page" },
  });
  return {
    gateway,
    url: `https://localhost:${gateway.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** What a camera makes of the code on the page. */
async function scanned(page: Page): Promise<string> {
  const shot = await page.getByRole("img", { name: "QR code of your key" }).screenshot();
  await using canvas = await WatchedPage.open(page.context().browser() ?? assert.fail("no browser"));
  const { width, height, data } = await canvas.page.evaluate<Pixels>(`(async () => {
    const shot = await fetch("data:image/png;base64,${shot.toString("base64")}");
    const bitmap = await createImageBitmap(await shot.blob());
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: Array.from(context.getImageData(0, 0, width, height).data) };
  })()`);
  return decodeQr({ width, height, data: Uint8ClampedArray.from(data) });
}

describeInBrowser("the page of a client that waits", (browser) => {
  it("shows its code, says that an operator has seen it, and goes on to what was asked for", async () => {
    await using scene = await openScene();
    await using proxy = await CertificateProxy.open(printer);
    await using watched = await WatchedPage.open(browser(), { ...proxy.options, ...PHONE });
    const { page } = watched;
    await page.goto(`${scene.url}/confirm?token=once`);
    await page.getByRole("heading", { name: "Waiting for approval" }).waitFor();
    await page.getByText("Nobody who can approve you has looked yet.").waitFor();
    const serverPin = server.facts.pin;
    const { pin } = printer.facts;
    assert.equal(await scanned(page), encodeKeyCode({ serverPin, pin }));
    await page.getByText(toKeyId(pin)).waitFor();
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page);
    }
    const isWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.equal(isWide, false, "nothing is wider than the phone");

    await page.evaluate("void (globalThis.isSameLoad = true)");
    await scene.gateway.trust.store.record({ ...NOTHING, looked: [{ pin, at: Date.now() }] });
    await page.getByText("An operator has seen it.").waitFor();
    assert.equal(await page.evaluate("isSameLoad"), true, "it says so without being loaded anew");
    assert.deepEqual(scene.asked, []);
    await scene.gateway.operator.approve(pin);
    await page.getByRole("heading", { name: "Hello printer-4" }).waitFor();
    assert.deepEqual(scene.asked, ["/.well-known/handclasp-pending", "/confirm?token=once"]);
    await watched.expectComplaint(/403/);
  });

  it("says that there is no answer when the key was refused, and goes on when it is approved after all", async () => {
    await using scene = await openScene();
    await using proxy = await CertificateProxy.open(printer);
    await using watched = await WatchedPage.open(browser(), proxy.options);
    const { page } = watched;
    await page.goto(scene.url);
    await page.getByText("Nobody who can approve you has looked yet.").waitFor();
    await scene.gateway.trust.flush();
    await scene.gateway.operator.ignore(printer.facts.pin);
    await page.getByText("No answer. The service is away, or your key was refused").waitFor();
    await scene.gateway.operator.approve(printer.facts.pin);
    await page.getByRole("heading", { name: "Hello printer-4" }).waitFor();
    await watched.expectComplaint(/403|ERR_/);
  });

  it("goes on without scripts, too", async () => {
    await using scene = await openScene();
    await using proxy = await CertificateProxy.open(printer);
    await using watched = await WatchedPage.open(browser(), { ...proxy.options, javaScriptEnabled: false });
    const { page } = watched;
    await page.goto(scene.url);
    await page.getByRole("heading", { name: "Waiting for approval" }).waitFor();
    await scene.gateway.trust.flush();
    await scene.gateway.operator.approve(printer.facts.pin);
    await page.getByRole("heading", { name: "Hello printer-4" }).waitFor();
    await watched.expectComplaint(/403/);
  });

  it("shows a hostile name as text that a client claims", async () => {
    await using scene = await openScene();
    const hostile = await identity(NAME);
    await using proxy = await CertificateProxy.open(hostile);
    await using watched = await WatchedPage.open(browser(), proxy.options);
    const { page } = watched;
    await page.goto(scene.url);
    await page.getByText("You call yourself").waitFor();
    assert.equal(await page.locator("bdi").textContent(), NAME);
    assert.equal(await page.locator("img").count(), 0);
    await watched.expectComplaint(/403/);
  });
});
