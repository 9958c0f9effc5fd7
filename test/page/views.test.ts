import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { describeInBrowser } from "./support/browser-tests.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { RunningPage } from "./support/running-page.ts";
import { type Tuesday, writeTuesday } from "./support/scene/tuesday.ts";
import { VIEWS } from "./support/view-list.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

describeInBrowser("views of the page", (browser) => {
  let running: RunningPage;
  let tuesday: Tuesday;
  before(async () => {
    running = await RunningPage.start(async (scene) => {
      tuesday = await writeTuesday(scene);
    });
  });
  after(() => running[Symbol.asyncDispose]());

  for (const { name, path, shows } of VIEWS) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`are accessible with data in them: ${name}, ${colorScheme}`, async () => {
        await using watched = await running.open(browser(), path(tuesday), {
          colorScheme,
          viewport: DESKTOP,
        });
        await shows(watched.page);
        await expectAccessible(watched.page);
      });
    }

    it(`fit a phone: ${name}`, async () => {
      await using watched = await running.open(browser(), path(tuesday), { viewport: PHONE, hasTouch: true });
      await shows(watched.page);
      await expectAccessible(watched.page);
      assert.deepEqual(await watched.page.evaluate(SMALL_TARGETS), []);
      assert.equal(await watched.page.evaluate("document.documentElement.scrollWidth"), PHONE.width);
    });
  }
});

/** Buttons and fields that a finger misses: lower than 44 pixels. Links within a text are as high as it is. */
const SMALL_TARGETS = `[...document.querySelectorAll("button, a.button, nav a, input, select, summary")]
  .filter((each) => each.offsetParent !== null)
  .filter((each) => !each.matches(".unseen, [type=checkbox], [type=radio]"))
  .map((each) => [each.outerHTML.slice(0, 120), each.getBoundingClientRect().height])
  .filter(([, height]) => height < 44)
  .map(([html, height]) => height + " " + html)`;
