import assert from "node:assert/strict";
import type { ConnectionOptions } from "node:tls";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import type { KeyState } from "../../../src/trust/records/key-record.ts";
import type { Shown } from "../../support/successor.ts";
import { identity } from "./identities.ts";
import { connectOnce, type Outcome } from "./node-client.ts";
import { greet, openScene, type Scene, type SceneOptions } from "./scene.ts";
import { eventsIn } from "../../support/listed.ts";

/** A server that lets nobody in by itself, and one client that it trusts. */
export async function office(options: SceneOptions = {}): Promise<Scene & { readonly anna: Shown }> {
  const scene = await openScene({ ...options, policy: { firstUse: "ask", ...options.policy } });
  greet(scene.server);
  const anna = await identity("anna");
  await scene.operator.import(anna.facts);
  return Object.assign(scene, { anna });
}

export function visit({ port }: Scene, who: Shown, options: ConnectionOptions = {}): Promise<Outcome> {
  return connectOnce({ ...options, port, identity: who });
}

export async function greeted(scene: Scene, who: Shown): Promise<void> {
  const { received, alert, error } = await visit(scene, who);
  assert.deepEqual({ received, alert, error }, { received: "hello", alert: null, error: null });
}

export async function refused(scene: Scene, who: Shown, alert: number): Promise<void> {
  const outcome = await visit(scene, who);
  assert.deepEqual({ received: outcome.received, alert: outcome.alert }, { received: "", alert });
}

export function stateOf({ trust }: Scene, { facts }: Shown): KeyState | undefined {
  return trust.store.key(facts.pin)?.state;
}

/** What was recorded, once everything that was noted is on disk. */
export async function events({ trust }: Scene, type: TrustEvent["type"]): Promise<readonly TrustEvent[]> {
  await trust.flush();
  const all = (await eventsIn(trust.store)).flatMap(({ json }) => parseEvent(json) ?? []);
  return all.filter((event) => event.type === type);
}
