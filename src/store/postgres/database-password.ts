import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { HandclaspError } from "../../errors.ts";
import type { ClusterAddress, DatabaseHost } from "../../trust/port/cluster-address.ts";

const OTHERS = 0o077;

/**
 * What opens a database, from where psql looks for it: PGPASSWORD, else the file of PGPASSFILE or ~/.pgpass. Undefined
 * where nobody says. Throws ERR_HANDCLASP_STORE_OPEN for a file that others can read.
 */
export function databasePassword(
  address: ClusterAddress,
  to: DatabaseHost,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { PGPASSWORD: said = "", PGPASSFILE: file = "" } = environment;
  if (said !== "") return said;
  return passwordInFile(file === "" ? join(homedir(), ".pgpass") : file, address, to);
}

function passwordInFile(file: string, address: ClusterAddress, to: DatabaseHost): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return undefined;
  const password = passwordIn(readFileSync(file, "utf8"), address, to);
  if (password !== undefined && (stat.mode & OTHERS) !== 0 && process.platform !== "win32")
    throw openToOthers(file, stat.mode);
  return password;
}

/** Of the first line that is about it. https://www.postgresql.org/docs/current/libpq-pgpass.html */
export function passwordIn(
  text: string,
  { database, user }: Pick<ClusterAddress, "database" | "user">,
  { host, port }: DatabaseHost,
): string | undefined {
  const wanted = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    const [password] = fields.slice(wanted.length);
    if (password === undefined) continue;
    const isMeant = wanted.every((value, at) => {
      const field = fields[at];
      // A socket, wherever it is, is one of this machine.
      return field === "*" || field === value || (at === 0 && field === "localhost" && value.startsWith("/"));
    });
    if (isMeant) return password;
  }
  return undefined;
}

/** Colons part them, but for one behind a backslash. */
function fieldsOf(line: string): readonly string[] {
  const fields = [""];
  for (const [piece] of line.matchAll(/\\?./gsu)) {
    if (piece === ":") fields.push("");
    else
      fields.push(
        (fields.pop() ?? "") + (piece.length > 1 && piece.startsWith("\\") ? piece.slice(1) : piece),
      );
  }
  return fields;
}

function openToOthers(file: string, mode: number): HandclaspError {
  const octal = (mode & 0o777).toString(8);
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `the password of the database is in ${file}, which is open to others (${octal})`,
    { hint: `chmod 600 ${file}` },
  );
}
