import type { TrustStore } from "../../trust/port/trust-store.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { DEFAULT_IDENTITY } from "../identities/make-identity.ts";

/** Which of our identities a server knows: the one that joined there, else the default one. */
export function identityFor(knownServers: TrustStore, address: string): string {
  return knownServers.setting(settingOf(address)) ?? DEFAULT_IDENTITY;
}

/** Whether we joined these servers with a token, which only those of handclasp have. */
export function hasJoined(knownServers: TrustStore, address: string): boolean {
  return knownServers.setting(settingOf(address)) !== undefined;
}

/** From now on `connect` uses this identity for these servers, unless it is told which. */
export async function rememberIdentity(
  knownServers: TrustStore,
  addresses: readonly string[],
  name: string,
): Promise<void> {
  for (const address of addresses) await knownServers.putSetting(settingOf(address), name);
}

function settingOf(address: string): string {
  return `identity:${nameKey(address)}`;
}
