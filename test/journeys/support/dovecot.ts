import { reachable } from "./gateway.ts";
import { writeOwnCertificate } from "./own-certificate.ts";
import { Quarters } from "./quarters.ts";
import { userIdOf } from "./user-id.ts";
import { freePort } from "../../support/free-port.ts";

/** Dovecot with IMAP and POP3, which offers TLS itself; everybody's password is `secret`. */
export class Dovecot implements AsyncDisposable {
  readonly imapPort: number;
  /** Where it wants a PROXY header first. */
  readonly imapProxyPort: number;
  readonly pop3Port: number;
  readonly #quarters: Quarters;

  constructor(quarters: Quarters, [imapPort, imapProxyPort, pop3Port]: readonly [number, number, number]) {
    this.#quarters = quarters;
    this.imapPort = imapPort;
    this.imapProxyPort = imapProxyPort;
    this.pop3Port = pop3Port;
  }

  static async start(): Promise<Dovecot> {
    const quarters = new Quarters("nobody");
    const { certFile, keyFile } = await writeOwnCertificate(quarters);
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const [imap, imapProxy, pop3] = ports;
    const user =
      process.getuid?.() === 0 ? userIdOf("nobody") : { uid: process.getuid?.(), gid: process.getgid?.() };
    const file = quarters.write(
      "dovecot.conf",
      `base_dir = ${quarters.path("run")}
state_dir = ${quarters.path("state")}
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
log_path = ${quarters.path("log")}
ssl = yes
ssl_cert = <${certFile}
ssl_key = <${keyFile}
haproxy_trusted_networks = 127.0.0.1
mail_location = maildir:${quarters.path("mail")}
first_valid_uid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=${user.uid} gid=${user.gid} home=${quarters.path("mail")}
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
  inet_listener imap_proxy {
    port = ${imapProxy}
    haproxy = yes
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`,
    );
    for (const name of ["run", "state", "mail"]) quarters.makeFolder(name);
    quarters.start("dovecot", "-F", "-c", file);
    await Promise.all(ports.map((port) => reachable(port)));
    return new Dovecot(quarters, ports);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#quarters[Symbol.asyncDispose]();
  }
}
