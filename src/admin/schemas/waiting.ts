import * as v from "valibot";
import type { WaitingJson as Waiting } from "../../operator/waiting.ts";
import { waitingKeyJson } from "./keys.ts";
import { windowJson, type WindowNowJson } from "./window.ts";
import { type PageQuery, pageQuery } from "./page-query.ts";

export interface WaitingJson extends Waiting {
  readonly window: WindowNowJson;
}

const text = v.nullable(v.string());

export const waitingQuery: v.GenericSchema<unknown, PageQuery> = pageQuery({});

export const waitingJson: v.GenericSchema = v.strictObject({
  counts: v.looseObject({ waiting: v.number(), conflicts: v.number() }),
  items: v.array(
    v.union([
      v.strictObject({ kind: v.literal("key"), key: waitingKeyJson }),
      v.strictObject({
        kind: v.literal("network"),
        network: v.string(),
        count: v.number(),
        firstSeen: text,
        lastSeen: text,
        sample: v.array(waitingKeyJson),
        conflicts: v.number(),
        digest: v.string(),
      }),
    ]),
  ),
  next: text,
  window: windowJson,
});
