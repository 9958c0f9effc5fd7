import type { CreatedIdentity, CreateIdentityOptions } from "../../x509/create-identity.ts";

/**
 * Makes a key and a self-signed certificate over it, for either side of TLS. Throws ERR_HANDCLASP_OPTION for a name
 * or type that cannot be. What it is made with is loaded when it is first needed.
 */
export async function createIdentity(options: CreateIdentityOptions): Promise<CreatedIdentity> {
  const made = await import("../../x509/create-identity.ts");
  return made.createIdentity(options);
}
