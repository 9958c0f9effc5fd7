import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { openWindow, type WindowWanted } from "../../client/window.ts";
import { toMs } from "../../client/time-words.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Choice, Field } from "../../parts/fields.tsx";
import { Dialog } from "../../parts/dialog.tsx";

const TIMES = [
  ["2m", "2 minutes"],
  ["10m", "10 minutes"],
  ["1h", "1 hour"],
  ["1d", "1 day"],
] as const;
/** Open longer than that without a limit is asked for twice. */
const WIDE_MS = toMs("1h");

/** Opens the window: for how long, for how many, and from where. */
export function OpenWindow(): VNode {
  const life = useSignal("10m");
  const max = useSignal("");
  const from = useSignal("");
  const isAsking = useSignal(false);
  const wanted = (): WindowWanted => ({
    forMs: toMs(life.value),
    ...(max.value !== "" && { max: Number(max.value) }),
    ...(from.value.trim() !== "" && { from: from.value.trim() }),
  });
  const isWide = (): boolean => {
    const { forMs: long, max: most, from: where } = wanted();
    return long >= WIDE_MS && most === undefined && where === undefined;
  };
  const open = async (): Promise<void> => {
    isAsking.value = false;
    await openWindow(wanted());
  };
  return (
    <form
      class="card form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWide()) isAsking.value = true;
        else void open();
      }}
    >
      <p>
        While a window is open, whoever connects is trusted at first use, whatever the servers' policy.
        Afterwards this page lists who came.
      </p>
      <div class="form-fields">
        <Choice label="For" value={life} choices={TIMES} />
        <Field label="At most" value={max} isCount hint="clients; empty for any number" />
        <Field
          label="From"
          value={from}
          placeholder="10.0.4.0/24"
          hint="a network; empty for anywhere"
          mono
        />
      </div>
      <div class="actions">
        <button type="submit" class="button primary">
          Open the window
        </button>
      </div>
      <AsCommand acts={[{ act: "open-window", ...wanted() }]} />
      {isAsking.value && (
        <Dialog
          title="Open to everybody?"
          onClose={() => (isAsking.value = false)}
          actions={
            <button type="button" class="button danger primary" onClick={() => void open()}>
              Open to everybody
            </button>
          }
        >
          <p>For an hour or longer, any number of clients from anywhere would be trusted unseen.</p>
        </Dialog>
      )}
    </form>
  );
}
