import { createLinePreface, type LineAnswer } from "./line-preface.ts";
import type { Preface } from "./preface.ts";

const CAPABILITIES = "CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED";

/** RFC 9051 §6.2.1; nobody is to say a password before TLS. */
export function createImapPreface(): Preface {
  return createLinePreface(`* OK [${CAPABILITIES}] Begin TLS first.`, answer);
}

/** A tag (RFC 9051 §9), a command, and whether there is more. */
const COMMAND = /^([!#$&',-[\]^-z|}~]{1,64}) ([A-Za-z]+)( ?)/;

function answer(line: string): LineAnswer {
  const [, tag = "*", command = "", more = ""] = COMMAND.exec(line) ?? [];
  switch (command.toUpperCase()) {
    case "CAPABILITY":
      return { next: "read-on", answer: `* ${CAPABILITIES}\r\n${tag} OK Done.` };
    case "NOOP":
      return { next: "read-on", answer: `${tag} OK Done.` };
    case "LOGOUT":
      return { next: "end", answer: `* BYE Logging out.\r\n${tag} OK Done.` };
    case "STARTTLS":
      return more === ""
        ? { next: "begin-tls", answer: `${tag} OK Begin TLS now.` }
        : { next: "read-on", answer: `${tag} BAD No parameters allowed.` };
    case "LOGIN":
    case "AUTHENTICATE":
      return { next: "read-on", answer: `${tag} NO [PRIVACYREQUIRED] Begin TLS first.` };
    default:
      return { next: "read-on", answer: `${tag} BAD Begin TLS first.` };
  }
}
