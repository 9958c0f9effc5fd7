import { chownSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { hasCode } from "../../../../src/errors.ts";

/** Folders of which a copy has none of the files: as pg_basebackup has it, and no changes, since the copy fetches them. */
const LEFT_EMPTY = new Set([
  "pg_dynshmem",
  "pg_notify",
  "pg_replslot",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
  "pg_wal",
]);
const LEFT_OUT = /^(?:postmaster\.(?:pid|opts)|backup_label|pg_internal\.init.*|pgsql_tmp.*)$/;

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * What pg_basebackup does, which packages of npm have not: copies the data of a server that runs into an empty folder, as
 * what a standby begins with.
 */
export async function copyRunning(url: string, data: string, to: string, owner: Owner): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const [{ number } = { number: 0 }] = await sql<{ readonly number: number }[]>`
      SELECT current_setting('server_version_num')::int AS number`;
    const isOld = number < 150_000;
    await sql.unsafe(
      isOld ? "SELECT pg_start_backup('test', true, false)" : "SELECT pg_backup_start('test', true)",
    );
    copy(data, to, owner);
    const [label] = await sql.unsafe<{ readonly labelfile: string }[]>(
      isOld
        ? "SELECT labelfile FROM pg_stop_backup(false, false)"
        : "SELECT labelfile FROM pg_backup_stop(false)",
    );
    write(join(to, "backup_label"), label?.labelfile ?? "", owner);
  } finally {
    await sql.end();
  }
}

/** Has a server that starts with a folder stream from another one. */
export function followFrom(data: string, port: number, owner: Owner): void {
  write(join(data, "standby.signal"), "", owner);
  const from = `host=127.0.0.1 port=${port} user=postgres`;
  write(join(data, "postgresql.auto.conf"), `primary_conninfo = '${from}'\n`, owner);
}

function copy(from: string, to: string, owner: Owner): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.test(entry.name)) continue;
    if (entry.isDirectory()) {
      mkdirSync(target, { mode: 0o700 });
      own(target, owner);
      if (!LEFT_EMPTY.has(entry.name)) copy(source, target, owner);
    } else copyFile(source, target, owner);
  }
}

/** What goes meanwhile, the changes since do not need. */
function copyFile(from: string, to: string, owner: Owner): void {
  try {
    copyFileSync(from, to);
    own(to, owner);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function write(path: string, text: string, owner: Owner): void {
  writeFileSync(path, text, { mode: 0o600 });
  own(path, owner);
}

function own(path: string, { uid, gid }: Owner): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
