import { createHash } from "node:crypto";
import { encode } from "uqr";
import type { KeyPin } from "../../../x509/certificate-facts.ts";

/** What a pending client is told of itself. */
export interface Waiting {
  readonly state: "pending";
  readonly claimedName: string | null;
  readonly keyId: string;
  readonly pin: KeyPin;
  /** To compare by voice with whoever approves. */
  readonly phrase: string;
  /** To be scanned by whoever approves. */
  readonly code: string;
  /** When an operator last looked at the key, ISO 8601; null when nobody has. */
  readonly seenByOperator: string | null;
}

const LOOK_SECONDS = 5;
/** Every path has the same answer; this one is none of an application's, which would take what the page asks for a visit. */
const LOOK_AT = "/.well-known/handclasp-pending";

const NOT_SEEN = "Nobody who can approve you has looked yet.";
const SEEN = "An operator has seen it.";
const AWAY =
  "No answer. The service is away, or your key was refused: ask whoever runs it. This page keeps trying.";

const STYLE =
  ":root{color-scheme:light dark}" +
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}" +
  "h1{font-size:1.6rem;line-height:1.25}" +
  "dt{opacity:.75}dd{margin:0 0 1rem;overflow-wrap:anywhere}" +
  "dd,ol{font-family:ui-monospace,monospace}" +
  "ol{columns:7.5rem;margin:0;padding:0 0 0 2.5rem}" +
  "[role=status]{font-weight:600;min-height:1.5em}" +
  "svg{display:block;width:min(16rem,100%);height:auto}";

/** Asks again, says what changed, and loads the page anew once the client is let in: what was asked for comes then. */
const SCRIPT = `
const status = document.querySelector("[role=status]");
const ask = async () => {
  const answer = await fetch("${LOOK_AT}", {
    headers: { accept: "application/json" }, cache: "no-store", redirect: "manual",
  }).catch(() => null);
  if (answer === null) return "away";
  const told = await answer.json().catch(() => null);
  if (told === null || told.state !== "pending") return "in";
  return told.seenByOperator === null ? "waits" : "seen";
};
const say = (text) => { if (status.textContent !== text) status.textContent = text; };
const look = async () => {
  const found = await ask();
  if (found === "in") return location.reload();
  say({ away: ${JSON.stringify(AWAY)}, seen: ${JSON.stringify(SEEN)}, waits: ${JSON.stringify(NOT_SEEN)} }[found]);
  setTimeout(look, ${LOOK_SECONDS}000);
};
setTimeout(look, ${LOOK_SECONDS}000);
`;

/** Of the page and of the same as JSON. */
export const WAITING_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; connect-src 'self'; ` +
    "require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  vary: "accept",
};

/** The page for people. Without scripts it is loaded anew every few seconds. */
export function toWaitingPage({ claimedName, keyId, phrase, code, seenByOperator }: Waiting): string {
  const claim =
    claimedName === null ? "" : `<dt>You call yourself</dt><dd><bdi>${escapeHtml(claimedName)}</bdi></dd>\n`;
  const words = phrase.split(" ").map((word) => `<li>${escapeHtml(word)}</li>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<noscript><meta http-equiv="refresh" content="${LOOK_SECONDS}"></noscript>
<title>Waiting for approval</title><style>${STYLE}</style></head>
<body><main><h1>Waiting for approval</h1>
<p>This service does not know your key yet. Whoever runs it can scan this code, or ask you for words of the phrase: if they
are the same at both ends, you can be approved. This page goes on by itself then.</p>
<p role="status">${seenByOperator === null ? NOT_SEEN : SEEN}</p>
${toSvg(code)}
<dl>${claim}<dt>Phrase</dt><dd><ol>${words.join(" ")}</ol></dd>
<dt>Key id</dt><dd>${escapeHtml(keyId)}</dd></dl></main>
<script>${SCRIPT}</script></body></html>
`;
}

/** Dark on light whatever the page's colours are, since cameras want that. */
function toSvg(code: string): string {
  // To choose the best of the eight masks takes five times as long, and strangers have this made.
  const { data, size } = encode(code, { ecc: "M", border: 4, maskPattern: 0 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    `<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="QR code of your key" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
  );
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
