/** A request that does something, as data. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** The version that it wants to have looked at, in quotes. */
  readonly ifMatch?: string;
}

/** The same request by curl, for a POSIX shell, with an API token in `HANDCLASP_TOKEN`. */
export function toCurl(origin: string, { method, path, body, ifMatch }: ApiRequest): string {
  const words = ["curl", '-H "Authorization: Bearer $HANDCLASP_TOKEN"'];
  if (method !== "GET") words.push(`-X ${method}`);
  if (ifMatch !== undefined) words.push("-H", quoted(`If-Match: ${ifMatch}`));
  if (body !== undefined) {
    words.push("-H", quoted("Content-Type: application/json"), "-d", quoted(toAscii(body)));
  }
  return [...words, quoted(origin + path)].join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Names may hold what a terminal, or whoever reads a command line, takes for something else. */
function toAscii(body: unknown): string {
  return JSON.stringify(body).replaceAll(/[^\x20-\x7E]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
