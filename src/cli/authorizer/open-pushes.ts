import { EnvoyPush } from "../../authorizer/push/envoy/envoy-push.ts";
import { HaproxyPush } from "../../authorizer/push/haproxy/haproxy-push.ts";
import type { TrustPush } from "../../authorizer/push/trust-push.ts";
import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { AUTHORIZER } from "../../trust/records/sighting.ts";
import type { Trust } from "../../trust/trust.ts";
import type { EventLog } from "../log/event-log.ts";
import { replaceFile } from "./replace-file.ts";

export interface PushContext {
  readonly trust: Trust;
  readonly happenings: Happenings;
  readonly log: EventLog;
}

/** What an authorizer keeps for proxies besides answering them; not started yet. */
export function openPushes(config: AuthorizerConfig, context: PushContext): readonly TrustPush[] {
  const { haproxy, envoySds } = config;
  const pushes: TrustPush[] = [];
  if (haproxy !== undefined) {
    pushes.push(new HaproxyPush({ ...haproxy, ...context, listener: AUTHORIZER, now: Date.now }));
  }
  if (envoySds !== undefined) {
    const write = (text: string): Promise<void> => replaceFile(envoySds, text);
    pushes.push(new EnvoyPush({ ...context, place: envoySds, write, now: Date.now }));
  }
  return pushes;
}
