import { formatServerAddress } from "../../client/servers/server-address.ts";
import type { TokenServer } from "../../client/servers/token-server.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { isStartTlsProtocol, type StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** How TLS is asked for at a server, by the token that we joined it with; undefined where it begins at once, or we did not. */
export function startTlsFor(knownServers: TrustStore, address: string): StartTlsProtocol | undefined {
  const kept = knownServers.setting(settingOf(address));
  return kept !== undefined && isStartTlsProtocol(kept) ? kept : undefined;
}

/** From now on `connect` and `forward` begin with these servers as the token says, unless they are told how. */
export async function rememberStartTls(
  knownServers: TrustStore,
  servers: readonly TokenServer[],
): Promise<void> {
  for (const { starttls = "none", ...server } of servers) {
    const setting = settingOf(formatServerAddress(server));
    if (starttls === "none" && knownServers.setting(setting) === undefined) continue;
    await knownServers.putSetting(setting, starttls);
  }
}

function settingOf(address: string): string {
  return `starttls:${nameKey(address)}`;
}
