import { isIP } from "node:net";
import type { ForwardedForm } from "../../config/config.ts";
import { FieldList } from "./field-list.ts";
import { foldName } from "./field-kinds.ts";

/** By what an upstream's framework reads them: of the first two each hop adds its own, of the others the first hop's stay. */
const FORWARDED = "Forwarded";
const FOR = "X-Forwarded-For";
const PROTO = "X-Forwarded-Proto";
const HOST = "X-Forwarded-Host";

const NAMES: ReadonlySet<string> = new Set([FORWARDED, FOR, PROTO, HOST].map(foldName));

/** Whether a field says what `ForwardedFields` does, in whichever spelling and form. */
export function isForwarded(name: string): boolean {
  return NAMES.has(foldName(name));
}

/** What an upstream is told of where the requests of one connection come from, in the forms that it reads. */
export class ForwardedFields {
  readonly #forms: readonly ForwardedForm[];
  readonly #address: string;
  #host: string | undefined;
  #fields = new FieldList();

  constructor(forms: readonly ForwardedForm[], address: string | undefined) {
    this.#forms = forms;
    const plain = address?.replace(/%.*$/, "") ?? "";
    this.#address = isIP(plain) === 0 ? "unknown" : plain;
  }

  /** Of a request to `host`; the same list as long as that is the same. */
  to(host: string): FieldList {
    if (host !== this.#host) {
      this.#host = host;
      this.#fields = this.#make(host);
    }
    return this.#fields;
  }

  #make(host: string): FieldList {
    const fields = new FieldList();
    if (this.#forms.includes("x-forwarded")) {
      fields.add(FOR, this.#address);
      fields.add(PROTO, "https");
      fields.add(HOST, host);
    }
    if (this.#forms.includes("rfc7239")) {
      const quoted = /^[\w.-]+$/.test(host) ? host : `"${host}"`;
      fields.add(FORWARDED, `for=${toNode(this.#address)};proto=https;host=${quoted}`);
    }
    return fields;
  }
}

/** The same behind what a trusted proxy said of who came to it. */
export function forwardedBehind(said: FieldList, ours: FieldList): FieldList {
  const both = new FieldList();
  for (let at = 0; at < ours.size; at++) {
    const name = ours.nameAt(at);
    const folded = foldName(name);
    const before = said.filter((each) => foldName(each) === folded);
    const values = Array.from({ length: before.size }, (_, each) => before.valueAt(each));
    const isChain = name === FORWARDED || name === FOR;
    if (isChain || values.length === 0) values.push(ours.valueAt(at));
    both.add(name, values.join(", "));
  }
  return both;
}

/** RFC 7239 §6: an IPv6 address stands in brackets, and those in quotes. */
function toNode(address: string): string {
  return isIP(address) === 6 ? `"[${address}]"` : address;
}
