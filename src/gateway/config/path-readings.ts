/** Each is what some server does to a path before it looks at it. */
const STEPS: readonly ((path: string) => string)[] = [
  (path) => (path.includes("%") ? decode(path) : path),
  // IIS's way to write a character, and Jetty's (CVE-2021-34429).
  (path) =>
    path.replaceAll(/%u([0-9A-Fa-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16))),
  // Windows and Java have characters that they take for a dot or a slash where those cannot be written.
  (path) => path.normalize("NFKC"),
  (path) => path.replaceAll("\\", "/"),
  (path) => path.replaceAll(/\/{2,}/g, "/"),
  resolveDots,
  // Matrix parameters: `/admin;x` is `/admin` to Tomcat.
  (path) => path.replaceAll(/;[^/]*/g, ""),
  // As a URL without a scheme: what is behind two slashes is a host.
  (path) => path.replace(/^\/\/[^/]*(?=\/)/, ""),
  // As one of the WHATWG's, which has a host behind any number of them.
  (path) => path.replace(/^\/{3,}[^/]+(?=\/)/, ""),
  // Caddy and Windows leave out what a name ends with.
  (path) => path.replaceAll(/([^./ ])[. ]+(?=\/|$)/g, "$1").replaceAll(/\/(\.{1,2}) +(?=\/|$)/g, "/$1"),
  // The WHATWG's URLs have no line ends and no tabs; others leave out all controls, or those at an end.
  (path) => path.replaceAll(/\p{Cc}/gu, ""),
  // What became the end of a path by decoding.
  (path) => path.replace(/[?#].*$/s, ""),
];
/** More are the work of somebody who looks for one that was forgotten. */
const MOST = 64;
/** NUL, the end of a text to some; a character in more bytes than it takes, which some take for it (RFC 3629 §3). */
const NEVER = /%00|%u0000|%c[01]|%e0%[89]|%f0%8/i;

/**
 * All that servers may take a path for, whatever of it they do, in whatever order and however often, case apart;
 * undefined when those are too many to be meant well, or when nobody can tell.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  const readings = [path];
  const known = new Set(readings);
  for (const reading of readings) {
    if (NEVER.test(reading)) return undefined;
    for (const step of STEPS) {
      const next = step(reading);
      if (known.has(next)) continue;
      if (known.size === MOST) return undefined;
      known.add(next);
      readings.push(next);
    }
  }
  return readings;
}

/** Equal for texts that differ in case, for any way to compare without it: U+0130 is `i` in Go, with a dot in Unicode. */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll("i\u0307", "i");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Some of it is no UTF-8, or no encoding: the rest counts.
    return path.replaceAll(/%[0-7][0-9A-Fa-f]/g, decodeURIComponent);
  }
}

/** RFC 3986 §5.2.4 */
function resolveDots(path: string): string {
  if (!/\/\.{1,2}(?:\/|$)/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/").slice(1)) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
