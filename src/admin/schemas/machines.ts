import * as v from "valibot";
import type { MachinesJson } from "../../operator/replication/listed-machines.ts";

export type { MachinesJson };

export const machinesJson: v.GenericSchema = v.strictObject({
  self: v.nullable(v.string()),
  machines: v.nullable(
    v.array(
      v.strictObject({
        id: v.string(),
        name: v.string(),
        version: v.string(),
        rules: v.number(),
        position: v.number(),
        head: v.strictObject({ sequence: v.number(), hash: v.string() }),
        digest: v.string(),
        listeners: v.array(
          v.looseObject({
            address: v.string(),
            host: v.string(),
            port: v.number(),
            pin: v.string(),
            keyId: v.string(),
          }),
        ),
        seen: v.string(),
        doubled: v.boolean(),
        starting: v.nullable(v.strictObject({ part: v.number(), parts: v.number() })),
        equal: v.nullable(v.boolean()),
      }),
    ),
  ),
  differences: v.array(
    v.strictObject({
      kind: v.picklist(["unequal", "doubled", "named-alike", "server-keys", "rules", "silent"]),
      problem: v.string(),
      remedies: v.array(v.looseObject({ act: v.string(), at: v.string() })),
    }),
  ),
});
