import { createLinePreface, type LineAnswer } from "./line-preface.ts";
import type { Preface } from "./preface.ts";

/** RFC 3207 §4. Whose name it is a client learns behind TLS, where the upstream greets it. */
export function createSmtpPreface(): Preface {
  return createLinePreface("220 handclasp ESMTP", answer);
}

function answer(line: string): LineAnswer {
  const [command = "", ...parameters] = line.split(/ +/);
  switch (command.toUpperCase()) {
    case "EHLO":
      return { next: "read-on", answer: "250-handclasp\r\n250 STARTTLS" };
    case "HELO":
      return { next: "read-on", answer: "250 handclasp" };
    case "NOOP":
    case "RSET":
      return { next: "read-on", answer: "250 2.0.0 Ok" };
    case "QUIT":
      return { next: "end", answer: "221 2.0.0 Bye" };
    case "STARTTLS":
      return parameters.length === 0
        ? { next: "begin-tls", answer: "220 2.0.0 Ready to start TLS" }
        : { next: "read-on", answer: "501 5.5.4 No parameters allowed" };
    default:
      return { next: "read-on", answer: "530 5.7.0 Must issue a STARTTLS command first" };
  }
}
