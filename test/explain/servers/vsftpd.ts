import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

/** For what begins in the clear: it greets first. */
export const vsftpd: Server = {
  name: "vsftpd",
  debian: ["vsftpd"],
  features: ["starttls"],
  command({ port, folder, show }) {
    const config = join(folder, "vsftpd.conf");
    mkdirSync(join(folder, "empty"));
    const lines = [
      "listen=YES",
      "listen_ipv6=NO",
      "background=NO",
      "listen_address=127.0.0.1",
      `listen_port=${port}`,
      "ssl_enable=YES",
      `rsa_cert_file=${show.cert}`,
      `rsa_private_key_file=${show.key}`,
      `secure_chroot_dir=${join(folder, "empty")}`,
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    return ["vsftpd", config];
  },
};
