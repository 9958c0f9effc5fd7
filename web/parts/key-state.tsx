import type { VNode } from "preact";
import type { KeyJson } from "../client/shapes.ts";
import { Sign, type SignName } from "./sign.tsx";

interface Look {
  readonly sign: SignName;
  readonly word: string;
}

const STATES: Readonly<Record<KeyJson["state"], Look>> = {
  trusted: { sign: "full", word: "trusted" },
  pending: { sign: "open", word: "waiting" },
  revoked: { sign: "cross", word: "revoked" },
  ignored: { sign: "dash", word: "ignored" },
  retired: { sign: "half", word: "retired" },
};

export type ShownState = Pick<KeyJson, "state"> & Partial<Pick<KeyJson, "reason" | "conflictsWith">>;

/** A state by sign and word, since not everybody sees its colour. */
export function KeyState({ state, reason = null, conflictsWith = null }: ShownState): VNode {
  if (state === "pending" && conflictsWith !== null) return stateOf("conflict", "warning", "name is taken");
  if (state === "trusted" && reason === "expired") return stateOf("expired", "half", "trust ended");
  if (state === "trusted" && reason === "name-changed")
    return stateOf("conflict", "warning", "claims another name");
  const { sign, word } = STATES[state];
  return stateOf(state, sign, word);
}

function stateOf(kind: string, sign: SignName, word: string): VNode {
  return (
    <span class={`state state-${kind}`}>
      <Sign name={sign} />
      {word}
    </span>
  );
}
