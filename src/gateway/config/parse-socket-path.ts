import { HandclaspError } from "../../errors.ts";

/** `sun_path` of unix(7) is 108 bytes with the NUL behind it, of other systems 104. */
const MOST_BYTES = process.platform === "linux" ? 107 : 103;

/** The path of a Unix socket as the system is to get it, or ERR_HANDCLASP_OPTION where it cannot be one. */
export function parseSocketPath(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MOST_BYTES && !path.includes("\0")) return path;
  const problem =
    bytes > MOST_BYTES
      ? `the path of a Unix socket is ${MOST_BYTES} bytes at the most, and ${path} has ${bytes}`
      : "the path of a Unix socket has no NUL in it";
  throw new HandclaspError("ERR_HANDCLASP_OPTION", problem, {
    hint: "put it where the path is short, as in /run",
  });
}
