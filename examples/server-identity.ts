import { ensureIdentity } from "../src/index.ts";
import { createIdentity } from "../src/index.ts";

/** The server's key and certificate, kept in `server.pem`: clients that remember a server look for the same key. */
export async function serverIdentity(): Promise<{ key: string; cert: string }> {
  const { key, certificate } = await ensureIdentity(".", "server", async () => {
    const made = await createIdentity({ name: "localhost", now: new Date() });
    return { key: made.privateKeyPem, certificate: made.certificatePem };
  });
  return { key, cert: certificate };
}
