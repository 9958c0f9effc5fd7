import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import type { KeyDetail } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Dialog } from "../../parts/dialog.tsx";

export interface GroupsDialogProps {
  readonly shown: KeyDetail;
  readonly onClose: () => void;
}

/** Groups that a peer is in, and one more. */
export function GroupsDialog({ shown, onClose }: GroupsDialogProps): VNode {
  const group = useSignal("");
  const { peer, keyId, groups } = shown;
  const change = async (way: "add" | "remove", name: string): Promise<void> => {
    const done = await act({
      path: `/v1/groups/${way}`,
      body: { group: name, key: keyId },
      said: () => (way === "add" ? `Added ${peer ?? ""} to ${name}` : `Took ${peer ?? ""} out of ${name}`),
    });
    if (done !== null) group.value = "";
  };
  const wanted = group.value.trim();
  return (
    <Dialog
      title={
        <>
          Groups of <bdi>{peer}</bdi>
        </>
      }
      leave="Close"
      onClose={onClose}
    >
      {groups.length === 0 ? (
        <p class="dim">It is in no group.</p>
      ) : (
        <ul class="stack">
          {groups.map((name) => (
            <li class="in-group">
              <span>{name}</span>
              <button type="button" class="button small" onClick={() => void change("remove", name)}>
                Take out of {name}
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") void change("add", wanted);
        }}
      >
        <label for="group">Group</label>
        <div class="joined">
          <input
            id="group"
            autocomplete="off"
            spellcheck={false}
            value={group}
            onInput={(event) => (group.value = event.currentTarget.value)}
          />
          <button type="submit" class="button primary" disabled={wanted === ""}>
            Add
          </button>
        </div>
      </form>
      <AsCommand acts={[{ act: "add-to-group", group: wanted === "" ? "GROUP" : wanted, key: keyId }]} />
    </Dialog>
  );
}
