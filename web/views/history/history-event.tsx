import type { VNode } from "preact";
import { actorWords, canBeUndone, eventWords } from "../../client/event-words.ts";
import { may } from "../../client/session.ts";
import type { EventJson } from "../../client/shapes.ts";
import { undoEvent } from "../../client/undo-event.ts";
import { ActorPlace } from "../../parts/actor-place.tsx";
import { PeerName } from "../../parts/names.tsx";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

/** One change of trust: when, who, what, before and after, and the way back. */
export function HistoryEvent({ event }: { readonly event: EventJson }): VNode {
  const { sequence, at, peer, before, after } = event;
  const { verb, rest } = eventWords(event);
  return (
    <li class="event" tabIndex={-1} data-stop>
      <span class="event-time">
        <Time at={at} as="hour" />
      </span>
      <div class="event-what">
        <p>
          <bdi>{actorWords(event)}</bdi> {verb}{" "}
          {peer !== null && (
            <a class="plain" href={toHref("history", { key: peer })}>
              <PeerName name={peer} />
            </a>
          )}
          {rest !== "" && <span>{peer === null ? rest : ` ${rest}`}</span>}
        </p>
        <p class="event-more dim">
          <span>event {sequence}</span>
          {before !== after && after !== null && (
            <span>
              {before ?? "unknown"} <span aria-label="became">→</span> {after}
            </span>
          )}
          <ActorPlace event={event} />
        </p>
      </div>
      {canBeUndone(event) && may("approve") && (
        <button
          type="button"
          class="button small"
          aria-label={`Undo event ${sequence}`}
          onClick={() => void undoEvent(event)}
        >
          Undo
        </button>
      )}
    </li>
  );
}
