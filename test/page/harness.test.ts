import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { it } from "node:test";
import { decodeQR } from "qr/decode.js";
import { until } from "../cli/support/serve.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { cameraArguments, filmQrCode } from "./support/camera.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { expectNoComplaints, WatchedPage } from "./support/watched-page.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

/** What is served by path; each page is `/` and runs `/script.js`. */
interface Site {
  readonly body?: string;
  readonly style?: string;
  readonly script?: string;
}

async function serve({
  body = "",
  style = "",
  script = "",
}: Site): Promise<AsyncDisposable & { url: string }> {
  const files: Readonly<Record<string, readonly [string, string]>> = {
    "/": [
      "text/html",
      `<!doctype html><html lang="en"><title>Test</title><link rel="stylesheet" href="/style.css"><main><h1>Test</h1>${body}</main><script src="/script.js"></script></html>`,
    ],
    "/style.css": ["text/css", style],
    "/script.js": ["text/javascript", script],
    "/favicon.ico": ["image/x-icon", ""],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[request.url ?? ""] ?? [];
    response.writeHead(type === undefined ? 404 : 200, {
      "content-type": type ?? "text/plain",
      "content-security-policy": POLICY,
    });
    response.end(text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What is wrong with a page by the time that this is among it. */
async function complaintsOf(watched: WatchedPage, url: string, complaint: RegExp): Promise<string> {
  await watched.page.goto(url);
  const all = (): string => watched.complaints.join("\n");
  await until(() => complaint.test(all())).catch(() => undefined);
  return all();
}

describeInBrowser("the browser of the page's tests", (browser) => {
  const faults: Readonly<Record<string, readonly [Site, RegExp]>> = {
    "a script in the page": [{ body: "<script>document.title = 'no'</script>" }, /violates script-src-elem/],
    "a style at an element": [{ body: "<p style='color: red'>red</p>" }, /violates style-src-attr/],
    "text as HTML": [
      { script: "document.body.innerHTML = '<p>no</p>'" },
      /violates require-trusted-types-for/,
    ],
    "an error that nobody caught": [
      { script: "setTimeout(() => { throw new Error('oh') })" },
      /threw Error: oh/,
    ],
    "a promise that nobody waited for": [{ script: "Promise.reject(new Error('oh'))" }, /threw Error: oh/],
    "an error on the console": [{ script: "console.error('oh')" }, /error: oh/],
    "a dialog": [{ script: "alert('oh')" }, /opened a dialog: oh/],
    "a file that is not there": [{ script: "fetch('/nothing')" }, /status of 404/],
    "a request to elsewhere": [
      { script: "fetch('http://127.0.0.1:1/').catch(() => 0)" },
      /violates connect-src|asked elsewhere/,
    ],
  };
  for (const [what, [site, complaint]] of Object.entries(faults)) {
    it(`fails for ${what}`, async () => {
      await using server = await serve(site);
      const watched = await WatchedPage.open(browser());
      assert.match(await complaintsOf(watched, server.url, complaint), complaint);
      await watched[Symbol.asyncDispose]();
      assert.throws(expectNoComplaints, complaint);
    });
  }

  it("fails for nothing where nothing is wrong, and for text that is hard to read", async () => {
    await using server = await serve({
      body: "<p>Hello</p>",
      style: "main { color: #111; background: #fff }",
    });
    await using watched = await WatchedPage.open(browser());
    await watched.page.goto(server.url);
    await expectAccessible(watched.page);
    await using pale = await serve({ body: "<p>Hello</p>", style: "main { color: #ccc; background: #fff }" });
    await watched.page.goto(pale.url);
    await assert.rejects(expectAccessible(watched.page), /color-contrast/);
  });
});

const FILM = join(temporaryFolder(), "film.y4m");

/** How bright one picture of the camera is, a letter a point. */
const TAKE_PICTURE = `(async () => {
  const video = document.createElement("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  const context = Object.assign(document.createElement("canvas"), { width: 640, height: 480 }).getContext("2d");
  context.drawImage(video, 0, 0);
  return new TextDecoder("latin1").decode(context.getImageData(0, 0, 640, 480).data.filter((_, at) => at % 4 === 0));
})()`;

describeInBrowser(
  "the camera of the page's tests",
  (browser) => {
    it("films a QR code that can be read", async () => {
      filmQrCode(FILM, `hck1.${"A".repeat(86)}`);
      await using server = await serve({});
      await using watched = await WatchedPage.open(browser());
      await watched.page.goto(server.url);
      const taken = Buffer.from(await watched.page.evaluate<string>(TAKE_PICTURE), "utf16le");
      const data = new Uint8Array(4 * 640 * 480).map((_, at) => taken[2 * (at >> 2)] ?? 0);
      const picture = { width: 640, height: 480, data };
      assert.equal(decodeQR(picture), `hck1.${"A".repeat(86)}`);
    });
  },
  cameraArguments(FILM),
);
