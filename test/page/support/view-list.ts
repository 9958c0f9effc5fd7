import type { Tuesday } from "./scene/tuesday.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { Page } from "playwright-core";

/** A view of the page with something in it. */
export interface View {
  readonly name: string;
  readonly path: (tuesday: Tuesday) => string;
  /** What has to be there before it is looked at. */
  readonly shows: (page: Page) => Promise<unknown>;
}

const seen = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

export const VIEWS: readonly View[] = [
  { name: "waiting", path: () => "/", shows: (page) => seen(page, "printer-4") },
  {
    name: "compare",
    path: ({ printer }) => `/compare/${toKeyId(printer.pin)}`,
    shows: (page) => page.getByRole("button", { name: "Approve", exact: true }).waitFor(),
  },
  {
    name: "conflict",
    path: ({ rival }) => `/compare/${toKeyId(rival.pin)}`,
    shows: (page) => seen(page, "is the name of another key"),
  },
  { name: "peers", path: () => "/peers", shows: (page) => seen(page, "build-01") },
  {
    name: "peer",
    path: ({ anna }) => `/peers/${toKeyId(anna.pin)}`,
    shows: (page) => seen(page, "first use"),
  },
  { name: "connections", path: () => "/connections", shows: (page) => seen(page, "build-01") },
  {
    name: "refusals",
    path: () => "/refusals?key=anna&reason=key-changed",
    async shows(page) {
      await page.getByRole("button", { name: "Why? anna was refused" }).first().click();
      await seen(page, "What changes that");
    },
  },
  { name: "invite", path: () => "/invite", shows: (page) => seen(page, "laptop-of-jo") },
  {
    name: "history",
    path: () => "/history",
    async shows(page) {
      await seen(page, "Verified to head");
      await seen(page, "with a join token");
    },
  },
  {
    name: "history-compared",
    path: () =>
      `/history?view=compare&from=${new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 16)}`,
    shows: (page) => seen(page, "trusted as tablet-new"),
  },
  { name: "window", path: () => "/window", shows: (page) => seen(page, "kiosk-2") },
  { name: "settings", path: () => "/settings", shows: (page) => seen(page, "provisioning") },
];
