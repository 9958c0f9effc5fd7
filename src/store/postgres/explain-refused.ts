import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { type ClusterAddress, formatDatabaseHost } from "../../trust/port/cluster-address.ts";
import type { Remedy } from "../../remedy.ts";

/** Says what can be done where a database has nobody in it by this URL, beside what it says itself; anything else stays as it is. */
export function explainRefused(error: unknown, address: ClusterAddress): unknown {
  if (!isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") || !(error.cause instanceof Error)) return error;
  const { message, code } = error.cause as Error & { readonly code?: string };
  const { user, database } = address;
  const at = address.hosts.map(formatDatabaseHost).join(",");
  const explained = (what: string, hint: string): HandclaspError =>
    new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${what}: ${message}`, { cause: error.cause, hint });
  switch (code) {
    case "28P01":
      return explained(
        `the database at ${at} does not take the password of ${user}`,
        `PGPASSWORD has it, or a line of ~/.pgpass: ${passwordLine(address)}`,
      );
    case "28000":
      return explained(
        `the database at ${at} does not let ${user} in`,
        /pg_hba/.test(message)
          ? "pg_hba.conf of the database says who may come from where, with TLS or without"
          : `name another role in the URL, or make this one, as a superuser: CREATE ROLE ${identifier(user)} LOGIN`,
      );
    case "3D000":
      return explained(
        `the database at ${at} has none that is called ${database}`,
        `name another in the URL, or make it, as a superuser: CREATE DATABASE ${identifier(database)} OWNER ROLE, who is to own what is kept there`,
      );
    case "42501":
      if (!message.includes('for database "')) return error;
      return explained(
        `the database at ${at} does not let ${user} in`,
        `as who owns it: GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`,
      );
    default:
      return error;
  }
}

/** What an error says that can be done, for another one that it causes. */
export function adviceOf(cause: unknown): {
  readonly hint?: string;
  readonly remedies?: readonly Remedy[];
} {
  if (!isHandclaspError(cause)) return {};
  return { ...(cause.hint !== undefined && { hint: cause.hint }), remedies: cause.remedies };
}

/** As libpq reads it, where the password is not to be shown. https://www.postgresql.org/docs/current/libpq-pgpass.html */
function passwordLine({ hosts, database, user }: ClusterAddress): string {
  const [{ host, port } = { host: "*", port: "*" }] = hosts;
  const fields = [host.startsWith("/") ? "localhost" : host, String(port), database, user];
  return [...fields.map((field) => field.replaceAll(/[:\\]/g, "\\$&")), "PASSWORD"].join(":");
}

/** As SQL says a name of something. */
export function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
