import { Problem } from "../call/problem.ts";

/** Far more than any act needs. */
const MOST_BYTES = 64 * 1024;

/** Reads a body as JSON. Throws 415 for another type, 413 for more than 64 KiB, 422 for what is no JSON. */
export async function readBody(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) throw tooLarge();
  const text = await readText(request);
  if (text === "") return {};
  if (type !== "application/json") {
    throw new Problem(415, { code: "not-json", hint: "send content-type: application/json" });
  }
  let inherited: string | undefined;
  const value = parse(text, (key) => (inherited ??= key));
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("", "this is no object");
  // What every object has, schemas take for a field of theirs.
  if (inherited !== undefined) throw invalid(`/${inherited}`, "there is no such field");
  return value;
}

function parse(text: string, onInherited: (key: string) => void): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key in Object.prototype) onInherited(key);
      return value;
    });
  } catch {
    throw new Problem(422, { code: "malformed-json", detail: "the body is no JSON", pointer: "" });
  }
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem(422, { code: "invalid", detail, pointer });
}

async function readText({ body }: Request): Promise<string> {
  if (body === null) return "";
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw tooLarge();
    pieces.push(piece);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new Problem(422, { code: "malformed-json", detail: "the body is not UTF-8", pointer: "" });
  }
}

/** What is left of it is not read, so the connection cannot go on. */
function tooLarge(): Problem {
  return new Problem(
    413,
    { code: "body-too-large", detail: `no body may have more than ${MOST_BYTES} bytes` },
    { connection: "close" },
  );
}
