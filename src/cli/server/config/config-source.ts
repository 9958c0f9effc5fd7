import type { GatewayConfig } from "../../../gateway/config/config.ts";
import { filesOfSecrets } from "../../authorizer/secrets.ts";
import type { ServerIdentity } from "../../identities/server-identity.ts";

/** What opens keys that are encrypted. */
export interface Secret {
  readonly passphrase?: string;
}

/** What a server is to do, as its command line or its file says now. */
export interface ConfigSource {
  readonly file: string | undefined;
  readonly secret: Secret;
  /** Throws when it cannot be. */
  readonly read: () => GatewayConfig;
}

/** Every file that a configuration depends on. */
export function filesOf(
  { file }: ConfigSource,
  { listeners, admin, authorizer }: GatewayConfig,
  identity: ServerIdentity,
): readonly string[] {
  const own = listeners.flatMap(({ certificate, trustCa }) => [
    ...identity.filesOf(certificate),
    ...(trustCa === "none" || trustCa === "system" ? [] : [trustCa]),
  ]);
  const page = admin === undefined ? [] : identity.filesOf(admin.certificate);
  const secrets = authorizer === undefined ? [] : filesOfSecrets(authorizer);
  return [...new Set([...(file === undefined ? [] : [file]), ...own, ...page, ...secrets])];
}
