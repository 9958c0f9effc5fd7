import type { GreetingLine, LineRewriter, UpstreamRules } from "./upstream-talk.ts";

/** RFC 5321 §4.2: lines of a reply but the last have a hyphen behind the code. */
export const SMTP_UPSTREAM: UpstreamRules = {
  greeting(line): GreetingLine | undefined {
    if (/^[45]\d{2}/.test(line)) return "turns-away";
    if (line.startsWith("220-")) return "more";
    return /^220\s/.test(line) ? "last" : undefined;
  },
  createRewriter: createSmtpRewriter,
  lastCommand: /^(?:MAIL|STARTTLS)\b/i,
  success: /^2\d\d\s/,
};

/** Holds back a line that may have to be the last one of its reply. */
function createSmtpRewriter(): LineRewriter {
  let held = "";
  return {
    rewrite(line): string {
      const before = held;
      held = "";
      if (before !== "" && /^250[- ]STARTTLS\s*$/i.test(line)) {
        const isLast = line[3] === " ";
        if (isLast) return `250 ${before.slice(4)}`;
        held = before;
        return "";
      }
      if (!line.startsWith("250-")) return before + line;
      held = line;
      return before;
    },
    rest(): string {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** RFC 9051 §7.1 and §7.2.2. */
export const IMAP_UPSTREAM: UpstreamRules = {
  greeting(line): GreetingLine | undefined {
    if (/^\* BYE\b/i.test(line)) return "turns-away";
    return /^\* OK\b/i.test(line) ? "last" : undefined;
  },
  createRewriter: () => ({
    rewrite: (line) => (CAPABILITIES.test(line) ? line.replace(/ STARTTLS(?=[ \]\r\n])/i, "") : line),
    rest: () => "",
  }),
  lastCommand: /^\S+ (?:LOGIN|AUTHENTICATE|COMPRESS|STARTTLS)\b/i,
  success: /^[^*+ ]\S* OK\b/i,
};

const CAPABILITIES = /^(?:\* CAPABILITY |\S+ OK \[CAPABILITY )/i;

/** RFC 1939 and RFC 2449. As long as nobody is logged in, what is no reply is a line of a list: capabilities. */
export const POP3_UPSTREAM: UpstreamRules = {
  greeting(line): GreetingLine | undefined {
    if (/^-ERR\b/i.test(line)) return "turns-away";
    return /^\+OK\b/i.test(line) ? "last" : undefined;
  },
  createRewriter: () => ({
    rewrite: (line) => (/^STLS\s*$/i.test(line) ? "" : line),
    rest: () => "",
  }),
  lastCommand: /^(?:PASS|APOP|AUTH|STLS)\b/i,
  success: /^\+OK\b/i,
};
