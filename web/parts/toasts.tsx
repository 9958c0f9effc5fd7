import type { VNode } from "preact";
import { clock } from "../client/clock.ts";
import { dismiss, type Toast, toasts } from "../client/toasts.ts";
import { CommandLines } from "./as-command.tsx";
import { Icon } from "./icon.tsx";
import { Sign } from "./sign.tsx";

/** What was done lately, and the way back. */
export function Toasts(): VNode {
  return (
    <section class="toasts" aria-label="Done lately" aria-live="polite">
      {toasts.value.map((each) => (
        <OneToast key={each.id} {...each} />
      ))}
    </section>
  );
}

function OneToast({ id, text, tone, undo, command, ends }: Toast): VNode {
  const takeBack = (): void => {
    dismiss(id);
    undo?.();
  };
  return (
    <div class={`toast toast-${tone}`} role={tone === "failed" ? "alert" : undefined}>
      <p class="toast-text">
        <Sign name={tone === "failed" ? "cross" : "check"} />
        {text}
      </p>
      <div class="toast-actions">
        {undo !== null && (
          <button type="button" class="button small" onClick={takeBack}>
            Undo <Left ends={ends} />
          </button>
        )}
        <button
          type="button"
          class="button quiet square small"
          aria-label="Dismiss"
          onClick={() => dismiss(id)}
        >
          <Icon name="close" />
        </button>
      </div>
      {command !== null && (
        <details class="as-command">
          <summary>As command or curl</summary>
          <CommandLines {...command} />
        </details>
      )}
    </div>
  );
}

/** Seconds that are left. */
function Left({ ends }: { readonly ends: number }): VNode {
  void clock.value;
  return (
    <span class="left" aria-hidden="true">
      {Math.max(0, Math.ceil((ends - performance.now()) / 1000))} s
    </span>
  );
}
