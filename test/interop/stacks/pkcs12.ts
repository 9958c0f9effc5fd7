import { mustRun } from "../run-program.ts";

/** The command of the page about other clients. */
export async function makePkcs12(folder: string): Promise<void> {
  const files = ["-in", "anna.pem", "-inkey", "anna.key", "-out", "anna.p12"];
  await mustRun(["openssl", "pkcs12", "-export", ...files, "-name", "anna", "-passout", "pass:secret"], {
    cwd: folder,
  });
}
