import { HaproxyPush } from "../../authorizer/push/haproxy/haproxy-push.ts";
import type { TrustPush } from "../../authorizer/push/trust-push.ts";
import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { AUTHORIZER } from "../../trust/records/sighting.ts";
import type { Trust } from "../../trust/trust.ts";
import type { EventLog } from "../log/event-log.ts";

export interface PushContext {
  readonly trust: Trust;
  readonly happenings: Happenings;
  readonly log: EventLog;
}

/** What an authorizer keeps for proxies besides answering them; not started yet. */
export function openPushes({ haproxy }: AuthorizerConfig, context: PushContext): readonly TrustPush[] {
  if (haproxy === undefined) return [];
  return [new HaproxyPush({ ...haproxy, ...context, listener: AUTHORIZER, now: Date.now })];
}
