import { type CodePoints, isGrease } from "../../../tls/code-points/code-points.ts";
import { VERSIONS } from "../../../tls/code-points/code-points-version.ts";

/** `client_hello` as RFC 8446 writes it in its figures, `ClientHello`. */
export function camelCase(name: string): string {
  return name
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

/** `TLSv1.3` as people write it, `TLS 1.3`. */
function spellVersion(name: string): string {
  const [, protocol, number] = /^(SSL|TLS)v([\d.]+)$/.exec(name) ?? [];
  if (protocol === undefined || number === undefined) return name;
  return `${protocol} ${number.includes(".") ? number : `${number}.0`}`;
}

export function nameVersion(code: number): string {
  return spellVersion(VERSIONS.name(code) ?? hex(code));
}

/** IANA's names, or the number of what has none; without GREASE, which means nothing. */
export function nameAll(codes: readonly number[] | undefined, points: CodePoints): readonly string[] {
  return (codes ?? []).filter((code) => !isGrease(code)).map((code) => nameOne(code, points));
}

export function nameOne(code: number, points: CodePoints): string {
  return points.name(code) ?? hex(code);
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, "0")}`;
}

/** `1 certificate`, `2 certificates`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** `1.2 kB`. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return countOf(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let size = bytes / 1000;
  let at = 0;
  for (; size >= 1000 && at < units.length - 1; at++) size /= 1000;
  return `${size.toFixed(1)} ${units[at]}`;
}
