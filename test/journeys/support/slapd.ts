import { reachable } from "./gateway.ts";
import { writeOwnCertificate } from "./own-certificate.ts";
import { Quarters } from "./quarters.ts";
import { freePort } from "../../support/free-port.ts";

/** OpenLDAP with one entry, `dc=example`, which offers TLS itself; `cn=admin,dc=example` has the password `secret`. */
export class Slapd implements AsyncDisposable {
  readonly port: number;
  readonly #quarters: Quarters;

  constructor(quarters: Quarters, port: number) {
    this.#quarters = quarters;
    this.port = port;
  }

  static async start(): Promise<Slapd> {
    const quarters = new Quarters("openldap");
    const { certFile, keyFile } = await writeOwnCertificate(quarters);
    quarters.makeFolder("db");
    const file = quarters.write(
      "slapd.conf",
      `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${certFile}
TLSCertificateKeyFile ${keyFile}
database mdb
suffix "dc=example"
rootdn "cn=admin,dc=example"
rootpw secret
directory ${quarters.path("db")}
`,
    );
    const entries =
      "dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n";
    const made = await quarters.run("slapadd", "-f", file, "-l", quarters.write("entries.ldif", entries));
    if (made.code !== 0) throw new Error(made.stderr);
    const port = await freePort();
    quarters.start("slapd", "-d", "0", "-f", file, "-h", `ldap://127.0.0.1:${port}`);
    await reachable(port);
    return new Slapd(quarters, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#quarters[Symbol.asyncDispose]();
  }
}
