import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import type { KeyDetail } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { go } from "../../router.ts";
import { GroupsDialog } from "./groups-dialog.tsx";

export type PeerDialog = "rename" | "note" | "groups" | "forget";

export interface PeerDialogsProps {
  readonly open: PeerDialog | null;
  readonly shown: KeyDetail;
  readonly etag: string | null;
  readonly onClose: () => void;
}

/** What has to be asked before it is done to a key. */
export function PeerDialogs({ open, ...rest }: PeerDialogsProps): VNode | null {
  switch (open) {
    case "rename":
      return <Rename {...rest} />;
    case "note":
      return <Note {...rest} />;
    case "groups":
      return <GroupsDialog shown={rest.shown} onClose={rest.onClose} />;
    case "forget":
      return <Forget {...rest} />;
    case null:
      return null;
  }
}

type DialogOf = Omit<PeerDialogsProps, "open">;

function pathOf({ keyId }: KeyDetail): string {
  return `/v1/keys/${encodeURIComponent(keyId)}`;
}

function Rename({ shown, etag, onClose }: DialogOf): VNode {
  const name = useSignal(shown.peer ?? "");
  const isSame = name.value.trim() === "" || name.value.trim() === shown.peer;
  const rename = async (): Promise<void> => {
    const peer = name.value.trim();
    const said = (): string => `Renamed ${shown.peer ?? ""} to ${peer}`;
    const done = await act({ path: `${pathOf(shown)}/rename`, body: { peer }, ifMatch: etag, said });
    if (done !== null) onClose();
  };
  return (
    <Dialog
      title={
        <>
          Rename <bdi>{shown.peer}</bdi>
        </>
      }
      onClose={onClose}
      actions={
        <button type="submit" form="rename" class="button primary" disabled={isSame}>
          Rename
        </button>
      }
    >
      <form
        id="rename"
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isSame) void rename();
        }}
      >
        <label for="new-name">New name</label>
        <input
          id="new-name"
          autocomplete="off"
          spellcheck={false}
          value={name}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
        <p class="dim">All keys that are trusted under the name get the new one; so do its groups.</p>
      </form>
      <AsCommand acts={[{ act: "rename", key: shown.keyId, peer: name.value.trim() }]} />
    </Dialog>
  );
}

function Note({ shown, etag, onClose }: DialogOf): VNode {
  const text = useSignal(shown.note ?? "");
  const write = async (): Promise<void> => {
    const said = (): string => (text.value.trim() === "" ? "Took the note off" : "Wrote the note");
    const body = { text: text.value };
    const done = await act({ path: `${pathOf(shown)}/note`, body, ifMatch: etag, said });
    if (done !== null) onClose();
  };
  return (
    <Dialog
      title="Note"
      onClose={onClose}
      actions={
        <button type="submit" form="note" class="button primary">
          Write note
        </button>
      }
    >
      <form
        id="note"
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void write();
        }}
      >
        <label for="note-text">What other operators should know of this key</label>
        <textarea
          id="note-text"
          rows={3}
          value={text}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </form>
      <AsCommand acts={[{ act: "note", key: shown.keyId, text: text.value }]} />
    </Dialog>
  );
}

function Forget({ shown, etag, onClose }: DialogOf): VNode {
  const name = shown.peer ?? "this key";
  const forget = async (): Promise<void> => {
    const here = location.pathname;
    onClose();
    // First away from it: there is nothing to look at there when it is gone.
    go("/peers");
    const done = await act({ path: `${pathOf(shown)}/forget`, ifMatch: etag, said: () => `Forgot ${name}` });
    if (done === null) go(here);
  };
  return (
    <Dialog
      title={
        <>
          Forget <bdi>{name}</bdi>?
        </>
      }
      onClose={onClose}
      actions={
        <button type="button" class="button danger primary" onClick={() => void forget()}>
          Forget this key
        </button>
      }
    >
      <p>
        This cannot be undone. The key is as if it had never been here: its connections end, its name is free
        for whoever claims it next, and if it comes back it is a stranger.
      </p>
      {shown.state === "trusted" && (
        <p>To keep it out, revoke it instead: then it stays known, and refused.</p>
      )}
      <AsCommand acts={[{ act: "forget", key: shown.keyId }]} />
    </Dialog>
  );
}
