import { HandclaspError } from "../../../errors.ts";
import { parseEvent, type TrustEvent } from "../../../trust/records/events.ts";

/** A row of the chain. */
export interface EventRow {
  readonly sequence: number;
  readonly json: string;
}

/** The event in it. Throws ERR_HANDCLASP_STORE_CORRUPT when there is none. */
export function toEvent({ sequence, json }: EventRow): TrustEvent {
  const event = parseEvent(json);
  if (event !== undefined) return event;
  throw new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `event ${sequence} cannot be read`);
}
