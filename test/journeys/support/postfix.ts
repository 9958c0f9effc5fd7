import { chmodSync, chownSync, mkdirSync, readFileSync } from "node:fs";
import { reachable } from "./gateway.ts";
import { writeOwnCertificate } from "./own-certificate.ts";
import { Quarters } from "./quarters.ts";
import { userIdOf } from "./user-id.ts";
import { freePort } from "../../support/free-port.ts";

const QUEUES = ["active", "bounce", "corrupt", "defer", "deferred", "incoming", "saved", "trace", "private"];

/** Postfix, which offers STARTTLS itself, and keeps mail for anybody at `mail.example`. It starts as root and no other user. */
export class Postfix implements AsyncDisposable {
  readonly port: number;
  /** Where it wants a PROXY header first. */
  readonly proxyPort: number;
  readonly #quarters: Quarters;

  constructor(quarters: Quarters, port: number, proxyPort: number) {
    this.#quarters = quarters;
    this.port = port;
    this.proxyPort = proxyPort;
  }

  static async start(): Promise<Postfix> {
    const quarters = new Quarters("root");
    // Its parts run as others than root.
    chmodSync(quarters.folder, 0o755);
    const postfix = userIdOf("postfix");
    for (const name of ["pid", "public", "maildrop", ...QUEUES]) {
      const folder = quarters.path("queue", name);
      mkdirSync(folder, { recursive: true });
      if (name !== "pid") chownSync(folder, postfix.uid, postfix.gid);
    }
    for (const [name, owner] of [
      ["data", postfix],
      ["mail", userIdOf("nobody")],
    ] as const) {
      mkdirSync(quarters.path(name));
      chownSync(quarters.path(name), owner.uid, owner.gid);
    }
    const { certFile, keyFile } = await writeOwnCertificate(quarters);
    const [port, proxyPort] = [await freePort(), await freePort()];
    quarters.write(
      "main.cf",
      `compatibility_level = 3.6
queue_directory = ${quarters.path("queue")}
data_directory = ${quarters.path("data")}
daemon_directory = /usr/lib/postfix/sbin
myhostname = mail.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = mail.example
virtual_mailbox_base = ${quarters.path("mail")}
virtual_mailbox_maps = static:inbox
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
alias_maps =
local_recipient_maps =
maillog_file = ${quarters.path("log")}
maillog_file_prefixes = ${quarters.folder}
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${certFile}
smtpd_tls_key_file = ${keyFile}
`,
    );
    const services = [
      `127.0.0.1:${port} inet n - n - - smtpd`,
      `127.0.0.1:${proxyPort} inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy`,
      "cleanup unix n - n - 0 cleanup",
      "qmgr unix n - n 300 1 qmgr",
      "tlsmgr unix - - n 1000? 1 tlsmgr",
      "rewrite unix - - n - - trivial-rewrite",
      "bounce unix - - n - 0 bounce",
      "defer unix - - n - 0 bounce",
      "trace unix - - n - 0 bounce",
      "proxymap unix - - n - - proxymap",
      "anvil unix - - n - 1 anvil",
      "virtual unix - n n - - virtual",
      "postlog unix-dgram n - n - 1 postlogd",
    ];
    quarters.write("master.cf", `${services.join("\n")}\n`);
    quarters.start("/usr/lib/postfix/sbin/master", "-d", "-c", quarters.folder);
    await Promise.all([reachable(port), reachable(proxyPort)]);
    return new Postfix(quarters, port, proxyPort);
  }

  /** All mail that was delivered. */
  get mail(): string {
    return this.#read("mail", "inbox");
  }

  get log(): string {
    return this.#read("log");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#quarters[Symbol.asyncDispose]();
  }

  #read(...names: string[]): string {
    try {
      return readFileSync(this.#quarters.path(...names), "utf8");
    } catch {
      return "";
    }
  }
}
