import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { actorWords, canBeUndone, eventWords } from "../../client/event-words.ts";
import { reasonWords } from "../../client/reason-words.ts";
import { may } from "../../client/session.ts";
import type { EventJson, KeyDetail } from "../../client/shapes.ts";
import { undoEvent } from "../../client/undo-event.ts";
import { ActorPlace } from "../../parts/actor-place.tsx";
import { Explained } from "../../parts/explained.tsx";
import { Time } from "../../parts/time.tsx";
import { type Happening, toTimeLine } from "./time-line.ts";

/** So many are there at once; the others by one click. */
const FIRST = 20;

/** What happened to a key, the newest first: a line with a mark for each. */
export function TimeLine({ shown }: { readonly shown: KeyDetail }): VNode {
  const all = useSignal(false);
  const line = toTimeLine(shown);
  const newest = shown.events.findLast(canBeUndone);
  const part = all.value ? line : line.slice(0, FIRST);
  if (line.length === 0) return <p class="dim">Nothing has happened to it yet.</p>;
  return (
    <>
      <ol class="time-line">
        {part.map((happening) =>
          happening.kind === "event" ? (
            <EventMark
              key={`e${happening.event.sequence}`}
              event={happening.event}
              canUndo={happening.event === newest}
            />
          ) : (
            <RefusalMark
              key={`r${happening.refusal.connection}`}
              refusal={happening.refusal}
              name={shown.peer}
            />
          ),
        )}
      </ol>
      {part.length < line.length && (
        <button type="button" class="button small" onClick={() => (all.value = true)}>
          Show {line.length - part.length} earlier
        </button>
      )}
    </>
  );
}

const MARKS: Readonly<Record<string, string>> = {
  trusted: "mark-trusted",
  revoked: "mark-revoked",
  pending: "mark-pending",
};

function EventMark({ event, canUndo }: { readonly event: EventJson; readonly canUndo: boolean }): VNode {
  const { verb, rest } = eventWords(event);
  const scope = event.type === "ignored" ? "approve" : "manage";
  return (
    <li class={MARKS[event.after ?? ""] ?? ""}>
      <p class="mark-words">
        <strong>{verb} it</strong> {rest}
      </p>
      <p class="mark-when dim">
        <Time at={event.at} as="whole" />, <bdi>{actorWords(event)}</bdi> <ActorPlace event={event} />
      </p>
      {canUndo && may(scope) && (
        <button type="button" class="button small" onClick={() => void undoEvent(event)}>
          Undo
        </button>
      )}
    </li>
  );
}

interface RefusalMarkProps {
  readonly refusal: Extract<Happening, { kind: "refusal" }>["refusal"];
  readonly name: string | null;
}

function RefusalMark({ refusal, name }: RefusalMarkProps): VNode {
  const { reason, connection, address, lastAt, count, listener } = refusal;
  const open = useSignal(false);
  return (
    <li class="mark-refused">
      <p class="mark-words">
        <strong>{count > 1 ? `refused ${count} times` : "refused"}</strong>: {reasonWords(reason)}
      </p>
      <p class="mark-when dim">
        <Time at={lastAt} as="whole" />
        {address !== null && (
          <>
            , from <span class="mono">{address}</span>
          </>
        )}
        {listener !== null && ` at ${listener}`}
      </p>
      <button
        type="button"
        class="button small"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {open.value ? "Close" : "Why?"}
      </button>
      {open.value && <Explained connection={connection} name={name} />}
    </li>
  );
}
