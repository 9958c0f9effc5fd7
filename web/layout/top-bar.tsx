import type { ComponentChildren, VNode } from "preact";
import { session, signOut } from "../client/session.ts";
import type { Health } from "../client/shapes.ts";
import { Menu } from "../parts/menu.tsx";
import { Sign } from "../parts/sign.tsx";
import { toHref } from "../route.ts";
import { go } from "../router.ts";
import { live } from "../stream/live.ts";
import { SearchBox } from "./search-box.tsx";

const COUNT = new Intl.NumberFormat();

export interface TopBarProps {
  readonly health: Health | null;
  readonly children?: ComponentChildren;
}

/** What is true of all views: how the server is, the search, and who one is. */
export function TopBar({ health, children }: TopBarProps): VNode {
  return (
    <header class="top-bar">
      <a class="brand" href="/">
        <svg class="brand-sign" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M9 8v16M23 8v16M9 16c3-4.5 5-4.5 7 0s4 4.5 7 0" />
        </svg>
        <span class="brand-name">handclasp</span>
      </a>
      {health !== null && <HealthSign health={health} />}
      <SearchBox keys={countOf(health)} />
      {children}
      <Who />
    </header>
  );
}

/** How many keys there are; null while that is not known. */
function countOf(health: Health | null): number | null {
  const keys = health?.keys ?? null;
  return keys === null ? null : Object.values(keys).reduce((sum, each) => sum + each, 0);
}

function HealthSign({ health }: { readonly health: Health }): VNode {
  const { status, head, verified, problems, process, replication } = health;
  // What was well when it was last heard of may not be now.
  const answers = live.value.state !== "unreachable";
  const well = answers && status === "healthy";
  return (
    <p class="health">
      <span class="process dim">{replication === null ? process : `${process} on ${replication.node}`}</span>
      <a
        class={`state ${well ? "state-trusted" : "state-conflict"}`}
        href={toHref("settings")}
        title={answers ? problems[0]?.problem : undefined}
      >
        <Sign name={well ? "full" : "warning"} />
        {answers ? status : "no answer"}
      </a>
      {head !== null && (
        <a class="head" href={toHref("history")}>
          head {COUNT.format(head.sequence)}
          {verified >= head.sequence && (
            <>
              <Sign name="check" />
              <span class="unseen">verified</span>
            </>
          )}
        </a>
      )}
    </p>
  );
}

function Who(): VNode | null {
  const operator = session.value?.operator ?? null;
  if (operator === null) return null;
  const items = [
    { text: "Connections", act: () => go("/connections") },
    { text: "Refusals", act: () => go("/refusals") },
    { text: "Settings", act: () => go("/settings") },
    ...(operator.via === "certificate" ? [] : [{ text: "Sign out", act: () => void signOut() }]),
  ];
  return (
    <div class="who">
      <span class="who-name">
        <bdi>{operator.name ?? "operator"}</bdi> <span class="dim">{operator.scope}</span>
      </span>
      <Menu label="Other views, and signing out" items={items} />
    </div>
  );
}
