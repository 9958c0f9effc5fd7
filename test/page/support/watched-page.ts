import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, ConsoleMessage, Page } from "playwright-core";
import { until } from "../../cli/support/serve.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** Runs in each page before its own scripts, whatever its policy. */
const REPORT_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  reportViolation("violates " + event.violatedDirective + ": " + event.blockedURI + " " + event.sample));`;

/** What was wrong with pages that are closed by now. */
const unexpected: string[] = [];

/** Throws if anything was wrong with a page that was closed since this was called last. */
export function expectNoComplaints(): void {
  assert.deepEqual(unexpected.splice(0), []);
}

/** A page in a context of its own. What was wrong with it that nobody expected fails its test, by `expectNoComplaints`. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const watched = new WatchedPage(context, await context.newPage());
    watched.#watch(watched.page);
    await context.exposeFunction("reportViolation", (what: string) => void watched.#complaints.push(what));
    await context.addInitScript({ content: REPORT_VIOLATIONS });
    return watched;
  }

  /** Another page of the same browser profile; it ends with this one. */
  async openBeside(): Promise<WatchedPage> {
    const beside = new WatchedPage(this.#context, await this.#context.newPage());
    beside.#watch(beside.page);
    return beside;
  }

  /** What was wrong so far: errors, errors on the console, violations of its policy, dialogs, requests to elsewhere. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  /** Waits for what fits, which the browser may say a moment later, and takes it out of what is wrong. */
  async expectComplaint(fits: RegExp): Promise<void> {
    const isExpected = (complaint: string): boolean => fits.test(complaint);
    await until(() => this.#complaints.some(isExpected)).catch(() =>
      assert.fail(`no complaint fits ${fits}: ${this.#complaints.join("; ")}`),
    );
    const others = this.#complaints.filter((complaint) => !isExpected(complaint));
    this.#complaints.splice(0, this.#complaints.length, ...others);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    unexpected.push(...this.#complaints);
  }

  #watch(page: Page): void {
    page.on("pageerror", (error) => void this.#complaints.push(`threw ${error.stack ?? error.message}`));
    page.on("console", (message) => this.#read(message));
    page.on("dialog", (dialog) => {
      this.#complaints.push(`opened a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const isVisit = request.isNavigationRequest() && request.frame() === page.mainFrame();
      const { origin, protocol } = new URL(request.url());
      if (isVisit || !protocol.startsWith("http") || origin === new URL(page.url()).origin) return;
      this.#complaints.push(`asked elsewhere: ${request.url()}`);
    });
  }

  #read(message: ConsoleMessage): void {
    if (message.type() !== "error" && message.type() !== "warning") return;
    this.#complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  }
}
