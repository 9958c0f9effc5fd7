const SPACE = 0x20;
const TAB = 0x09;

/** Without white space at either end, which is no part of a value (RFC 9110 §5.5) and none may have in HTTP/2. */
export function toFieldValue(value: string | undefined): string {
  if (value === undefined) return "";
  return isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1))
    ? value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "")
    : value;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}
