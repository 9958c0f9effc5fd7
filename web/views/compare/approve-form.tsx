import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import type { Compared, KeyDetail } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { KeyLink } from "../../parts/key-id.tsx";
import { Time } from "../../parts/time.tsx";
import { go, route } from "../../router.ts";
import { Until, type UntilChoice } from "./until.tsx";

export interface ApproveFormProps {
  readonly shown: KeyDetail;
  /** Of the key as it is shown: what is approved is that, or nothing. */
  readonly etag: string | null;
  /** What was found of this version of it; null for nothing. */
  readonly compared: Compared | null;
  readonly onRefused: () => void;
}

/** A question, and of what it was asked: an answer is not meant for whatever the key becomes meanwhile. */
interface Asked {
  readonly about: "uncompared" | "replace";
  readonly etag: string | null;
}

type OnConflict = "add" | "replace";

const HOW: Readonly<Record<Compared["how"], string>> = {
  scan: "compared by its code",
  words: "compared by words",
  "key-id": "compared by key id",
};

/** The end of it: under which name, until when, and what becomes of who has that name. */
export function ApproveForm({ shown, etag, compared, onRefused }: ApproveFormProps): VNode {
  const { claim } = shown;
  const name = useSignal("");
  const until = useSignal<UntilChoice>({ expires: null });
  const asked = useSignal<Asked | null>(null);
  const chosen = useSignal<OnConflict | null>(onConflictOf(route.value.query.as));
  const isConflict = shown.conflictsWith !== null;
  const typed = name.value.trim();
  const peer = typed === "" ? claim : typed;
  const onConflict = isConflict && typed === "" ? chosen.value : null;
  const isEqual = compared?.equal === true;
  const isReady = peer !== null && (!isConflict || typed !== "" || chosen.value !== null);
  const what =
    onConflict === "replace"
      ? `Replace the key of ${peer ?? ""}`
      : onConflict === "add"
        ? "Approve as second key"
        : "Approve";

  const body = {
    ...(typed !== "" && { name: typed }),
    ...(onConflict !== null && { onConflict }),
    ...(until.value.expires !== null && { expires: until.value.expires }),
  };
  const approve = async (version: string | null): Promise<void> => {
    asked.value = null;
    const how = isEqual && compared !== null ? `, ${HOW[compared.how]}` : ", not compared";
    const done = await act({
      path: `/v1/keys/${encodeURIComponent(shown.keyId)}/approve`,
      body,
      ifMatch: version,
      said: () => `Approved ${peer ?? shown.keyId}${how}`,
    });
    if (done === null) onRefused();
    else go("/");
  };
  const press = (): void => {
    if (onConflict === "replace") asked.value = { about: "replace", etag };
    else void approve(etag);
  };
  return (
    <form
      class="card approve"
      aria-labelledby="approve"
      onSubmit={(event) => {
        event.preventDefault();
        if (isEqual && isReady) press();
      }}
    >
      <h2 id="approve">Approve</h2>
      {isConflict && typed === "" && (
        <ConflictChoice shown={shown} chosen={chosen.value} onChoose={(as) => (chosen.value = as)} />
      )}
      <div class="fields">
        <div class="stack">
          <label for="name">Name</label>
          <input
            id="name"
            autocomplete="off"
            spellcheck={false}
            placeholder={claim ?? "it claims none: give it one"}
            value={name}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </div>
        <Until choice={until.value} onChoose={(choice) => (until.value = choice)} />
      </div>
      <div class="actions">
        <button type="submit" class="button primary" disabled={!isEqual || !isReady}>
          {what}
        </button>
        {!isEqual && (
          <button
            type="button"
            class="button"
            disabled={!isReady}
            onClick={() => (asked.value = { about: "uncompared", etag })}
          >
            Approve without comparing…
          </button>
        )}
        {!isEqual && <span class="dim hint">Compare it first: then this is one click.</span>}
      </div>
      <AsCommand acts={[{ act: "approve", key: shown.keyId, ...body }]} />
      {asked.value !== null && (
        <Dialog
          title={
            asked.value.about === "replace"
              ? `Replace the key of ${peer ?? ""}?`
              : `Approve ${peer ?? ""} without comparing?`
          }
          onClose={() => (asked.value = null)}
          actions={
            <button
              type="button"
              class="button danger primary"
              onClick={() => void approve(asked.value?.etag ?? null)}
            >
              {onConflict === "replace" ? "Replace its key" : "Approve uncompared"}
            </button>
          }
        >
          {!isEqual && (
            <p>
              Anybody can claim a name. Uncompared, you trust whoever came first under it, from an address
              that you may not know. The event says that nobody compared.
            </p>
          )}
          {onConflict === "replace" && (
            <p>
              The key that has the name now is retired, for good: its connections end, and it is refused from
              then on.
            </p>
          )}
        </Dialog>
      )}
    </form>
  );
}

function onConflictOf(text: string | undefined): OnConflict | null {
  return text === "add" || text === "replace" ? text : null;
}

interface ConflictChoiceProps {
  readonly shown: KeyDetail;
  readonly chosen: OnConflict | null;
  readonly onChoose: (as: OnConflict) => void;
}

function ConflictChoice({ shown, chosen, onChoose }: ConflictChoiceProps): VNode {
  const { holder, claim } = shown;
  return (
    <fieldset class="choice">
      <legend>
        <bdi class="peer-name">{claim}</bdi> is the name of another key
        {holder !== null && (
          <>
            {" "}
            (<KeyLink keyId={holder.keyId} />, seen <Time at={holder.lastSeen} />)
          </>
        )}
        . This one is
      </legend>
      <label>
        <input type="radio" name="as" checked={chosen === "replace"} onChange={() => onChoose("replace")} />
        <span>
          its new key <span class="dim">– the former one is retired, and its connections end</span>
        </span>
      </label>
      <label>
        <input type="radio" name="as" checked={chosen === "add"} onChange={() => onChoose("add")} />
        <span>
          a second device <span class="dim">– both are trusted under that name</span>
        </span>
      </label>
    </fieldset>
  );
}
