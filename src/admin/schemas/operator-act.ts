import * as v from "valibot";
import type { OperatorAct } from "../../operator/act.ts";
import { parseKeyPin } from "../../trust/naming/key-pin.ts";
import { MOST_TOKEN_GROUPS } from "../../trust/records/token-record.ts";
import { SCOPES } from "../../trust/records/scope.ts";

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(500));
const key = word;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const moment = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(8.64e15));
const pin = v.pipe(
  v.string(),
  v.check((text) => parseKeyPin(text) !== undefined, "this is no pin"),
);

/** An act of an operator as data; ends in milliseconds since the epoch. */
export const operatorAct: v.GenericSchema<OperatorAct> = v.variant("act", [
  v.strictObject({
    act: v.literal("approve"),
    key,
    name: v.exactOptional(word),
    onConflict: v.exactOptional(v.picklist(["fail", "replace", "add"])),
    expires: v.exactOptional(v.nullable(moment)),
    compared: v.exactOptional(v.picklist(["scan", "words", "key-id", "none"])),
  }),
  v.strictObject({ act: v.picklist(["revoke", "ignore", "set-aside", "forget"]), key }),
  v.strictObject({ act: v.literal("rename"), key, peer: word }),
  v.strictObject({ act: v.literal("note"), key, text: v.pipe(v.string(), v.maxLength(4000)) }),
  v.strictObject({ act: v.literal("undo"), event: count }),
  v.strictObject({ act: v.picklist(["add-to-group", "remove-from-group"]), group: word, key }),
  v.strictObject({
    act: v.literal("open-window"),
    forMs: count,
    max: v.exactOptional(v.nullable(count)),
    from: v.exactOptional(v.nullable(word)),
  }),
  v.strictObject({ act: v.literal("close-window") }),
  v.strictObject({
    act: v.literal("create-token"),
    peer: word,
    server: v.exactOptional(v.pipe(v.array(word), v.minLength(1), v.maxLength(8))),
    serverPin: v.exactOptional(pin),
    forMs: v.exactOptional(count),
    from: v.exactOptional(word),
    replace: v.exactOptional(v.boolean()),
    groups: v.exactOptional(v.pipe(v.array(word), v.maxLength(MOST_TOKEN_GROUPS))),
  }),
  v.strictObject({ act: v.literal("cancel-token"), id: word }),
  v.strictObject({
    act: v.literal("create-api-token"),
    name: word,
    scope: v.picklist(SCOPES),
    expires: moment,
  }),
  v.strictObject({ act: v.literal("cancel-api-token"), id: word }),
]) as unknown as v.GenericSchema<OperatorAct>;
