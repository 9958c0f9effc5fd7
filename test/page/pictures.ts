// Takes the pictures of docs/guide/page.md, by the views that the tests look at.
//
//     npm run pictures -- waiting peers
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { CHROMIUM } from "./support/chromium.ts";
import { RunningPage } from "./support/running-page.ts";
import { type Tuesday, writeTuesday } from "./support/scene/tuesday.ts";
import { type View, VIEWS } from "./support/view-list.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/guide/images/page");
const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 };
const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { ...DESKTOP, colorScheme: "light" },
  dark: { ...DESKTOP, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, hasTouch: true, isMobile: true },
};

const named = process.argv.slice(2);
if (!CHROMIUM.ok) throw new Error(CHROMIUM.problem);
mkdirSync(FOLDER, { recursive: true });
const browser = await CHROMIUM.launch();
let tuesday: Tuesday | undefined;
const running = await RunningPage.start(async (scene) => {
  tuesday = await writeTuesday(scene);
});
try {
  for (const view of VIEWS) {
    if (named.length > 0 && !named.includes(view.name)) continue;
    for (const look of Object.keys(LOOKS))
      if (tuesday !== undefined) await take(browser, tuesday, view, look);
  }
} finally {
  await running[Symbol.asyncDispose]();
  await browser.close();
}

async function take(on: Browser, of: Tuesday, { name, path, shows }: View, look: string): Promise<void> {
  const watched = await running.open(on, path(of), LOOKS[look]);
  try {
    await shows(watched.page);
    // What the frame around the view says comes by itself.
    await watched.page.getByRole("navigation", { name: "Views" }).getByText("44").waitFor();
    const session = await watched.page.context().newCDPSession(watched.page);
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
    writeFileSync(join(FOLDER, `${name}-${look}.webp`), Buffer.from(data, "base64"));
  } finally {
    await watched[Symbol.asyncDispose]();
  }
}
