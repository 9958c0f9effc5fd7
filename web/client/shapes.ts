// What the API says, as `src/admin/` has it: types alone, of which nothing is left in the script.
import type { ActJson, ChallengeJson, ComparedJson } from "../../src/admin/schemas/acts.ts";
import type { HealthJson } from "../../src/admin/schemas/health.ts";
import type { KeyDetail, KeyRow, KeysJson } from "../../src/admin/schemas/keys.ts";
import type { MachinesJson } from "../../src/admin/schemas/machines.ts";
import type { SessionJson } from "../../src/admin/schemas/session.ts";
import type { EventJson } from "../../src/operator/listed-event.ts";
import type { KeyJson } from "../../src/operator/listed-key.ts";
import type { WaitingItem, WaitingJson, WaitingNetwork } from "../../src/operator/waiting.ts";
import type { WaitingKey } from "../../src/operator/waiting-key.ts";
import type { Remedy } from "../../src/remedy.ts";

export type {
  ActJson as Acted,
  ChallengeJson as Challenge,
  ComparedJson as Compared,
  EventJson,
  HealthJson as Health,
  MachinesJson as Machines,
  KeyDetail,
  KeyJson,
  KeyRow,
  KeysJson as KeyList,
  Remedy,
  SessionJson as Session,
  WaitingItem,
  WaitingKey,
  WaitingNetwork,
};

export type Scope = NonNullable<SessionJson["operator"]>["scope"];

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly remedies?: readonly Remedy[];
  /** Which field of the body is meant: RFC 6901. */
  readonly pointer?: string;
  /** Key ids. */
  readonly conflictsWith?: readonly string[];
  /** As it is by now, where an act was refused since the key is not what was looked at. */
  readonly key?: KeyJson | null;
}

export interface FirstUseWindow {
  readonly open: boolean;
  /** What is left of it, by the server's clock, as it answered. */
  readonly leftMs: number;
  readonly openedAt: string | null;
  /** When it ends, or would have ended. */
  readonly until: string | null;
  readonly endedAt: string | null;
  readonly ended: "time" | "closed" | "used-up" | null;
  readonly max: number | null;
  readonly from: string | null;
  readonly taken: number;
  readonly event: number | null;
  readonly came: readonly KeyJson[];
}

export interface Waiting extends WaitingJson {
  readonly window?: FirstUseWindow | null;
}
