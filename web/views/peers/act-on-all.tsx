import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { actOnMany, leftWords, type ManyAct, select, type Selection } from "../../client/act-on-many.ts";
import { may } from "../../client/session.ts";
import { toast } from "../../client/toasts.ts";
import { AskNumber } from "../../parts/ask-number.tsx";
import { Menu } from "../../parts/menu.tsx";
import { NameOfKey } from "../../parts/names.tsx";

interface Asked {
  readonly act: ManyAct;
  readonly selection: Selection;
}

const ACTS: readonly (readonly [act: ManyAct, verb: string, after: string])[] = [
  ["ignore", "Ignore", "They are refused from now on, and nobody is asked about them."],
  ["set-aside", "Set aside", "They are refused until they are approved again, and their connections end."],
  ["revoke", "Revoke", "They are refused for good, and their connections end."],
];

/** Acts on all keys that a search finds, however many: as they are now, and only those that stay so until it is confirmed. */
export function ActOnAll({ q }: { readonly q: string }): VNode | null {
  const asked = useSignal<Asked | null>(null);
  if (!may("manage")) return null;
  const begin = async (act: ManyAct): Promise<void> => {
    const selection = await select({ q }, act);
    if (selection === null) return;
    if (selection.count > 0) asked.value = { act, selection };
    else
      toast(
        selection.left.length === 0 ? "No key matches." : `Left as they are: ${leftWords(selection.left)}.`,
      );
  };
  const items = ACTS.map(([act, verb]) => ({
    text: `${verb} all that match…`,
    act: () => void begin(act),
    danger: act === "revoke",
  }));
  const now = asked.value;
  return (
    <>
      <Menu label="Act on all that match" items={items} />
      {now !== null && <Ask {...now} onClose={() => (asked.value = null)} />}
    </>
  );
}

function Ask({ act, selection, onClose }: Asked & { readonly onClose: () => void }): VNode {
  const { count, sample, left } = selection;
  const [, verb = "", after = ""] = ACTS.find(([each]) => each === act) ?? [];
  const keys = count === 1 ? "1 key" : `${count} keys`;
  return (
    <AskNumber
      title={`${verb} ${keys}?`}
      count={count}
      action={`${verb} ${keys}`}
      onConfirm={() => void actOnMany(selection, act)}
      onClose={onClose}
    >
      <ul class="sample">
        {sample.map((key) => (
          <li key={key.pin}>
            <NameOfKey {...key} />
          </li>
        ))}
        {count > sample.length && <li class="dim">and {count - sample.length} more</li>}
      </ul>
      {left.length > 0 && <p class="dim">Left out: {leftWords(left)}.</p>}
      <p>{after} Whatever changes before you confirm is left as it is.</p>
    </AskNumber>
  );
}
