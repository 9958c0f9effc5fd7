import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { IdentityPem } from "../../client/identities/identity.ts";
import { createIdentity } from "../../x509/create-identity.ts";
import type { IdentityType } from "../../x509/identity-type.ts";
import { dataFolder } from "../../data-folder.ts";

/** The identity that is used when none is named. */
export const DEFAULT_IDENTITY = "default";

/** Where identities live. */
export function identitiesFolder(): string {
  return join(dataFolder(), "identities");
}

/** A new identity; its certificate is called `user@host` unless it is given a name. */
export async function makeIdentity(
  name: string = localName(),
  type: IdentityType = "p256",
): Promise<IdentityPem> {
  const { privateKeyPem, certificatePem } = await createIdentity({ name, type, now: new Date() });
  return { key: privateKeyPem, certificate: certificatePem };
}

function localName(): string {
  const host = hostname();
  try {
    return `${userInfo().username}@${host}`;
  } catch {
    return host;
  }
}
