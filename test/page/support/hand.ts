import assert from "node:assert/strict";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";

/** How somebody uses the page. */
export type Way = "mouse" | "keyboard" | "phone";

export const WAYS: readonly Way[] = ["mouse", "keyboard", "phone"];

/** A context as that way has it. */
export const CONTEXT: Readonly<Record<Way, BrowserContextOptions>> = {
  mouse: { viewport: { width: 1280, height: 800 } },
  keyboard: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

const MOST_TABS = 250;

/** Does what a test says by mouse, by finger, or by keys alone: then everything has to be reached by Tab. */
export class Hand {
  readonly #page: Page;
  readonly #way: Way;

  constructor(page: Page, way: Way) {
    this.#page = page;
    this.#way = way;
  }

  /** A button or a link. */
  async press(target: Locator): Promise<void> {
    if (this.#way === "mouse") await target.click();
    else if (this.#way === "phone") await target.tap();
    else {
      await this.#reach(target);
      await this.#page.keyboard.press("Enter");
    }
  }

  async type(target: Locator, text: string): Promise<void> {
    if (this.#way === "keyboard") {
      await this.#reach(target);
      await this.#page.keyboard.type(text);
    } else await target.fill(text);
  }

  /** One of a few, by what it says. */
  async choose(target: Locator, text: string): Promise<void> {
    if (this.#way === "keyboard") {
      await this.#reach(target);
      await this.#page.keyboard.type(text);
    } else await target.selectOption({ label: text });
  }

  async #reach(target: Locator): Promise<void> {
    await target.waitFor();
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      if (await target.evaluate((element) => element.matches(":focus"))) return;
      await this.#page.keyboard.press("Tab");
    }
    assert.fail(`no Tab leads to ${target.toString()}`);
  }
}
