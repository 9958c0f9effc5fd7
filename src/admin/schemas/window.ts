import * as v from "valibot";
import type { WindowJson } from "../../operator/window.ts";
import { keyJson } from "./keys.ts";

/** The window of first use that was opened last; all null where none ever was. */
export type WindowNowJson = {
  readonly [Field in keyof WindowJson]: Field extends "open" | "taken" | "came"
    ? WindowJson[Field]
    : WindowJson[Field] | null;
} & {
  /** How long it is open yet, by the server's clock; 0 when it is closed. */
  readonly leftMs: number;
};

export interface OpenWindowBody {
  readonly forMs: number;
  /** How many may come. */
  readonly max?: number | null;
  /** The network that they must come from. */
  readonly from?: string | null;
}

const text = v.nullable(v.string());

export const windowJson: v.GenericSchema = v.strictObject({
  open: v.boolean(),
  leftMs: v.number(),
  openedAt: text,
  until: text,
  endedAt: text,
  ended: v.nullable(v.picklist(["time", "closed", "used-up"])),
  max: v.nullable(v.number()),
  from: text,
  taken: v.number(),
  event: v.nullable(v.number()),
  came: v.array(keyJson),
});

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const openWindowBody: v.GenericSchema<OpenWindowBody> = v.strictObject({
  forMs: v.pipe(v.number(), v.safeInteger(), v.minValue(1000, "at least a second")),
  max: v.exactOptional(v.nullable(count)),
  from: v.exactOptional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(100)))),
});
