import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Home, runToEnd, type RunResult } from "../cli/support/serve.ts";
import { identity, type IdentityFiles, inFiles } from "../guard/support/identities.ts";
import { startGateway } from "./support/gateway.ts";
import { withoutPrograms } from "./support/quarters.ts";
import { Slapd } from "./support/slapd.ts";

const ada = await identity("ada");

/** ldapsearch for the one entry, as its administrator; `flags` say whether it asks for TLS. */
function ldapsearch(
  port: number,
  shown: IdentityFiles | undefined,
  ...flags: readonly string[]
): Promise<RunResult> {
  const tls = shown && { LDAPTLS_CERT: shown.certFile, LDAPTLS_KEY: shown.keyFile };
  const environment = { ...process.env, LDAPTLS_REQCERT: "never", ...tls };
  const who = ["-x", "-D", "cn=admin,dc=example", "-w", "secret"];
  const what = ["-H", `ldap://127.0.0.1:${port}`, "-LLL", "-b", "dc=example", "o"];
  return runToEnd("ldapsearch", [...flags, ...who, ...what], { environment });
}

const PROGRAMS = withoutPrograms("slapd ldap-utils", "slapd", "slapadd", "ldapsearch");

describe("OpenLDAP behind a gateway that its clients ask for TLS", PROGRAMS, () => {
  it("is searched by ldapsearch with its own certificate, and by nobody without TLS", async () => {
    using home = new Home();
    await using slapd = await Slapd.start();
    await using gateway = await startGateway(home, `127.0.0.1:${slapd.port}`, "--starttls", "ldap");
    const files = inFiles(home.folder, ada);
    const found = await ldapsearch(gateway.port, files, "-ZZ");
    assert.equal(found.stdout, "dn: dc=example\no: Example\n\n", found.stderr);
    const plain = await ldapsearch(gateway.port, files);
    assert.equal(
      plain.stderr,
      "ldap_bind: Confidentiality required (13)\n\tadditional info: begin TLS first (StartTLS)\n",
    );
    const without = await ldapsearch(gateway.port, undefined, "-ZZ");
    assert.notEqual(without.code, 0);
    assert.equal(without.stdout, "");
    await gateway.logged(({ event, reason }) => event === "refused" && reason === "no-certificate");
  });
});
