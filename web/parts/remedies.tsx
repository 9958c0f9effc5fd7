import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";
import { act } from "../client/act.ts";
import { actOnKey } from "../client/act-on-key.ts";
import { remedyWords } from "../client/remedy-words.ts";
import { may } from "../client/session.ts";
import type { Remedy } from "../client/shapes.ts";
import { toHref } from "../route.ts";

export interface RemediesProps {
  readonly remedies: readonly Remedy[];
  /** Whom it is about, for what the buttons say. */
  readonly name: string | null;
}

/** What changes it: a button or a link where the page has the act, else words. */
export function Remedies({ remedies, name }: RemediesProps): VNode | null {
  if (remedies.length === 0) return null;
  return (
    <ul class="remedies">
      {remedies.map((remedy) => (
        <li class="remedy">
          {remedy.when !== undefined && <span class="remedy-when">{sentence(remedy.when)}:</span>}
          <OneRemedy remedy={remedy} name={name} />
        </li>
      ))}
    </ul>
  );
}

function OneRemedy({ remedy, name }: { readonly remedy: Remedy; readonly name: string | null }): VNode {
  const { key } = remedy;
  switch (remedy.act) {
    case "approve-key":
      return key === undefined ? <Words remedy={remedy} /> : <Approve remedy={remedy} keyId={key} />;
    case "ignore-key":
    case "revoke-key": {
      const what = remedy.act === "ignore-key" ? "ignore" : "revoke";
      if (key === undefined || !may(what === "ignore" ? "approve" : "manage"))
        return <Words remedy={remedy} />;
      return (
        <button type="button" class="button danger" onClick={() => void actOnKey(key, what, name)}>
          {what === "ignore" ? "Ignore this key" : "Revoke this key"}
        </button>
      );
    }
    case "show-key":
    case "forget-key":
      return key === undefined ? (
        <Words remedy={remedy} />
      ) : (
        <Way href={toHref("peer", {}, key)}>Look at the key</Way>
      );
    case "add-to-group":
      if (key === undefined || !may("manage")) return <Words remedy={remedy} />;
      return <AddToGroup keyId={key} name={name} />;
    case "create-token":
      return <Way href={toHref("invite", name === null ? {} : { peer: name })}>Invite it with a token…</Way>;
    case "open-first-use":
      return <Way href={toHref("window")}>Open a window…</Way>;
    case "list-keys":
      return <Way href={toHref("peers")}>All peers</Way>;
    case "list-tokens":
      return <Way href={toHref("invite")}>All tokens</Way>;
    case "list-events":
      return <Way href={toHref("history")}>History</Way>;
    case "list-refusals":
      return <Way href={toHref("refusals")}>All refusals</Way>;
    default:
      return <Words remedy={remedy} />;
  }
}

/** Approving always leads past comparing. */
function Approve({ remedy, keyId }: { readonly remedy: Remedy; readonly keyId: string }): VNode {
  const as = remedy.options?.["replace"] === true ? "replace" : remedy.options?.["add"] === true ? "add" : "";
  const said =
    as === "replace" ? "Compare and replace…" : as === "add" ? "Compare and add…" : "Compare and approve…";
  return <Way href={toHref("compare", { as }, keyId)}>{said}</Way>;
}

function AddToGroup({ keyId, name }: { readonly keyId: string; readonly name: string | null }): VNode {
  const group = useSignal("");
  const id = useId();
  const add = async (): Promise<void> => {
    const wanted = group.value.trim();
    const done = await act({
      path: "/v1/groups/add",
      body: { group: wanted, key: keyId },
      said: () => `Added ${name ?? "it"} to ${wanted}`,
    });
    if (done !== null) group.value = "";
  };
  return (
    <form
      class="joined"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label class="unseen" for={id}>
        Group
      </label>
      <input
        id={id}
        placeholder="group"
        autocomplete="off"
        spellcheck={false}
        value={group}
        onInput={(event) => (group.value = event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={group.value.trim() === ""}>
        Add to group
      </button>
    </form>
  );
}

function Way({ href, children }: { readonly href: string; readonly children: ComponentChildren }): VNode {
  return (
    <a class="button" href={href}>
      {children}
    </a>
  );
}

function Words({ remedy }: { readonly remedy: Remedy }): VNode {
  return <span>{remedyWords(remedy)}</span>;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
