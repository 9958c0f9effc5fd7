import { Problem } from "../call/problem.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Throws 421 unless the server is called as it may be: by another name, a page elsewhere would have our answers to read. */
export function checkHost(request: Request, hosts: ReadonlySet<string>): void {
  const asked = request.headers.get("host")?.toLowerCase() ?? "";
  const url = new URL(request.url);
  // A request may name a whole URL, too.
  if (hosts.has(asked) && new URL(`${url.protocol}//${asked}`).host === url.host) return;
  throw new Problem(421, {
    code: "misdirected",
    detail: "this server does not answer to that name",
    hint: "use a name that it was told: the one in its own link, or one of those in its configuration",
  });
}

/**
 * Throws 403 unless the page itself asks. What names the caller may come along with whatever a browser is made to send, so
 * that an unsafe method has to say where it was sent from; what only reads may say nothing, but not that it is from elsewhere.
 */
export function checkOrigin(request: Request, origin: string): void {
  const site = request.headers.get("sec-fetch-site");
  const from = request.headers.get("origin");
  const isOurs =
    (site === "same-origin" || (site === null && from !== null)) && (from === null || from === origin);
  if (isOurs) return;
  if (SAFE.has(request.method) && from === null && (site === null || site === "none")) return;
  throw new Problem(403, {
    code: "other-origin",
    detail: "this was not sent by the page of this server",
    hint: "scripts give a bearer token",
  });
}
