import { identity, type IdentityFiles } from "../../guard/support/identities.ts";
import type { Quarters } from "./quarters.ts";

/** A key and certificate for a server behind the gateway that offers TLS by itself. */
export async function writeOwnCertificate(quarters: Quarters): Promise<IdentityFiles> {
  const { cert, key } = await identity("upstream");
  return { certFile: quarters.write("own.pem", cert), keyFile: quarters.write("own.key", key) };
}
