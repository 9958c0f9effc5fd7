import type { PageFiles } from "./page-files.ts";

/** Answers with a file of the page; with its document for the paths that are views. Undefined when there is none. */
export function pageResponse(page: PageFiles, request: Request, path: string): Response | undefined {
  const isAsset = path.startsWith("/assets/");
  const file = page.get(isAsset || page.has(path) ? path : "/");
  if (file === undefined) return undefined;
  const headers = new Headers({
    "content-type": file.type,
    etag: file.etag,
    "cache-control": isAsset ? "private, max-age=31536000, immutable" : "no-store",
    vary: "accept-encoding",
  });
  if (request.headers.get("if-none-match") === file.etag) return new Response(null, { status: 304, headers });
  const accepted =
    request.headers
      .get("accept-encoding")
      ?.split(",")
      .map((one) => one.trim()) ?? [];
  const encoding = (["br", "gzip"] as const).find((each) => accepted.includes(each));
  if (encoding !== undefined) headers.set("content-encoding", encoding);
  const bytes = encoding === undefined ? file.bytes : file[encoding];
  headers.set("content-length", String(bytes.length));
  const isHead = request.method === "HEAD";
  return new Response(isHead ? null : (bytes as Uint8Array<ArrayBuffer>), { headers });
}
