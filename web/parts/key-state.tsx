import type { VNode } from "preact";
import type { KeyJson } from "../client/shapes.ts";

const STATES: Readonly<Record<KeyJson["state"], readonly [sign: string, word: string]>> = {
  trusted: ["●", "trusted"],
  pending: ["○", "waiting"],
  revoked: ["✕", "revoked"],
  ignored: ["–", "ignored"],
  retired: ["↻", "retired"],
};

type Shown = Pick<KeyJson, "state"> & Partial<Pick<KeyJson, "reason" | "conflictsWith">>;

/** A state by sign and word, since not everybody sees its colour. */
export function KeyState({ state, reason = null, conflictsWith = null }: Shown): VNode {
  if (state === "pending" && conflictsWith !== null) return sign("conflict", "⚠", "name is taken");
  if (state === "trusted" && reason === "expired") return sign("expired", "◌", "trust ended");
  if (state === "trusted" && reason === "name-changed") return sign("conflict", "⚠", "claims another name");
  return sign(state, ...STATES[state]);
}

function sign(kind: string, mark: string, word: string): VNode {
  return (
    <span class={`state state-${kind}`}>
      <span class="sign" aria-hidden="true">
        {mark}
      </span>{" "}
      {word}
    </span>
  );
}
