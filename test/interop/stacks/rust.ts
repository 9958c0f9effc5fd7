import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

/** Where Debian puts crates. */
const CRATES = "/usr/share/cargo/registry";

/** A small Rust client over rustls, from the crates that Debian has; cargo itself is whichever there is. */
export const RUST: Stack = {
  name: "Rust rustls",
  library: "rustls",
  debian: ["librust-rustls-dev", "librust-rustls-pemfile-dev"],
  says: {
    certificate_revoked: "AlertReceived(CertificateRevoked)",
    certificate_unknown: "AlertReceived(CertificateUnknown)",
    certificate_expired: "AlertReceived(CertificateExpired)",
    access_denied: "AlertReceived(AccessDenied)",
    unknown_ca: "AlertReceived(UnknownCA)",
  },
  async find({ build }) {
    const query = ["dpkg-query", "--show", "--showformat", "${Version}", "librust-rustls-dev"];
    const version = await versionOf(query, /^([\d.]+)/);
    const cargo = await versionOf(["cargo", "--version"], /^cargo (\S+)/);
    if (version === undefined || cargo === undefined || !existsSync(CRATES)) return undefined;
    const folder = join(build, "rust");
    mkdirSync(folder);
    for (const file of ["Cargo.toml", "client.rs"]) cpSync(join(CLIENTS, file), join(folder, file));
    const crates = [`source.crates-io.replace-with="debian"`, `source.debian.directory="${CRATES}"`];
    const settings = crates.flatMap((each) => ["--config", each]);
    await mustRun(["cargo", "build", "--quiet", "--offline", ...settings], {
      cwd: folder,
      timeoutMs: 600_000,
    });
    return { version, command: [join(folder, "target/debug/client")] };
  },
};
