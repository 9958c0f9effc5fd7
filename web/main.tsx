import { render } from "preact";
import { App } from "./app.tsx";
import { hearKeys } from "./layout/keyboard.tsx";
import { followLinks } from "./router.ts";

const page = document.querySelector("#page");
if (page !== null) {
  const link = takeLink();
  followLinks();
  hearKeys();
  page.replaceChildren();
  render(<App link={link} />, page);
}

/** The secret of a one-use link, in the fragment, which no server hears of; it does not stay in the address bar. */
function takeLink(): string | null {
  const link = new URLSearchParams(location.hash.slice(1)).get("k");
  if (link !== null) history.replaceState(null, "", location.pathname + location.search);
  return link;
}
