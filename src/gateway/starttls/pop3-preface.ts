import { createLinePreface, type LineAnswer } from "./line-preface.ts";
import type { Preface } from "./preface.ts";

/** RFC 2595 §4. Without a time stamp in the greeting there is no APOP: the one that counts is the upstream's. */
export function createPop3Preface(): Preface {
  return createLinePreface("+OK Begin TLS first.", answer);
}

function answer(line: string): LineAnswer {
  switch (line.toUpperCase()) {
    case "CAPA":
      return { next: "read-on", answer: "+OK\r\nSTLS\r\n." };
    case "QUIT":
      return { next: "end", answer: "+OK Logging out." };
    case "STLS":
      return { next: "begin-tls", answer: "+OK Begin TLS now." };
    default:
      return { next: "read-on", answer: "-ERR Begin TLS first." };
  }
}
