import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { PATIENCE_MS } from "../../support/patience.ts";

/** Resolves once an expression is true in a page. Playwright's own wait is forbidden by the page's policy. */
export async function untilSo(page: Page, expression: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > end) assert.fail(`it never came to ${expression}`);
    await page.waitForTimeout(20);
  }
}
