import { existsSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../interop/run-program.ts";
import type { Pair } from "./pki.ts";

/** Compiles a program of ours beside the cell's folder, once; returns the class path. */
export async function compiled(name: string, folder: string): Promise<string> {
  const classes = join(folder, `../classes-${name}`);
  if (!existsSync(classes))
    await mustRun(["javac", "-d", classes, join(import.meta.dirname, "servers", `${name}.java`)]);
  return classes;
}

/** Key and certificate as a JDK reads them; the password is `changeit`. */
export async function keyStore({ cert, key }: Pair, file: string): Promise<string> {
  await mustRun([
    "openssl",
    "pkcs12",
    "-export",
    "-inkey",
    key,
    "-in",
    cert,
    "-passout",
    "pass:changeit",
    "-out",
    file,
  ]);
  return file;
}
