import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import type { Browser } from "playwright-core";
import { CHROMIUM } from "./chromium.ts";
import { expectNoComplaints } from "./watched-page.ts";

/**
 * A suite with one browser, which is there when its tests run. Where none can be started the suite is skipped with the
 * reason, but where CI is set: there it fails.
 */
export function describeInBrowser(
  subject: string,
  tests: (browser: () => Browser) => void,
  args: readonly string[] = [],
): void {
  const isNeeded = process.env["CI"] !== undefined;
  describe(subject, { skip: !isNeeded && !CHROMIUM.ok && CHROMIUM.problem }, () => {
    let browser: Browser | undefined;
    before(async () => {
      if (!CHROMIUM.ok) throw new Error(CHROMIUM.problem);
      browser = await CHROMIUM.launch(args);
    });
    after(() => browser?.close());
    // What failed before is what a test is said to have failed by.
    afterEach(expectNoComplaints);
    tests(() => {
      assert.ok(browser !== undefined, "the browser did not start");
      return browser;
    });
  });
}
