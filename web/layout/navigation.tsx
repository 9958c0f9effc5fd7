import type { VNode } from "preact";
import { Icon, type IconName } from "../parts/icon.tsx";
import { toHref, type ViewName } from "../route.ts";
import { route } from "../router.ts";

interface Place {
  readonly view: ViewName;
  readonly text: string;
  readonly icon: IconName;
  /** In the bar of a phone, which has room for few. */
  readonly first: boolean;
}

const PLACES: readonly Place[] = [
  { view: "waiting", text: "Waiting", icon: "waiting", first: true },
  { view: "peers", text: "Peers", icon: "peers", first: true },
  { view: "connections", text: "Connections", icon: "connections", first: false },
  { view: "refusals", text: "Refusals", icon: "refusals", first: false },
  { view: "invite", text: "Invite", icon: "invite", first: true },
  { view: "history", text: "History", icon: "history", first: true },
  { view: "settings", text: "Settings", icon: "settings", first: false },
];

/** Ways to all views: beside what is shown, or below it on a phone. */
export function Navigation({ waiting }: { readonly waiting: number | null }): VNode {
  return (
    <nav class="navigation" aria-label="Views">
      {PLACES.map(({ view, text, icon, first }) => (
        <a
          href={toHref(view)}
          class={first ? "place" : "place place-later"}
          aria-current={isIn(view) ? "page" : undefined}
        >
          <Icon name={icon} />
          <span>{text}</span>
          {view === "waiting" && waiting !== null && waiting > 0 && <span class="badge">{waiting}</span>}
        </a>
      ))}
    </nav>
  );
}

function isIn(view: ViewName): boolean {
  const shown = route.value.view;
  return (
    shown === view || (view === "peers" && shown === "peer") || (view === "waiting" && shown === "compare")
  );
}
