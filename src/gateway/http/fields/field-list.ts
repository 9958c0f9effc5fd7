/**
 * HTTP fields in their order and with their names as they were sent, over what Node has in `rawHeaders`: names and values
 * in turn. Names are asked for in lower case. Nothing is copied but by what says so.
 */
export class FieldList {
  /** Names and values in turn, as Node and undici take them. */
  readonly raw: string[];

  constructor(raw: string[] = []) {
    this.raw = raw;
  }

  /** How many there are. */
  get size(): number {
    return this.raw.length / 2;
  }

  /** As it was sent. */
  nameAt(index: number): string {
    return this.raw[2 * index] ?? "";
  }

  /** Without white space at either end, which is no part of a value (RFC 9110 §5.5) and none may have in HTTP/2. */
  valueAt(index: number): string {
    const value = this.raw[2 * index + 1] ?? "";
    return isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1))
      ? value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "")
      : value;
  }

  has(name: string): boolean {
    return this.#indexOf(name, 0) !== -1;
  }

  /** The value of the first one. */
  first(name: string): string | undefined {
    const index = this.#indexOf(name, 0);
    return index === -1 ? undefined : this.valueAt(index);
  }

  /** Its value if there is exactly one. */
  only(name: string): string | undefined {
    const index = this.#indexOf(name, 0);
    return index === -1 || this.#indexOf(name, index + 1) !== -1 ? undefined : this.valueAt(index);
  }

  add(name: string, value: string): void {
    this.raw.push(name, value);
  }

  addAll(others: FieldList): void {
    this.raw.push(...others.raw);
  }

  /** A copy of those whose names are kept, by their names as they were sent. */
  filter(keeps: (name: string) => boolean): FieldList {
    const kept = new FieldList();
    for (let at = 0; at < this.size; at++) {
      const name = this.nameAt(at);
      if (keeps(name)) kept.raw.push(name, this.valueAt(at));
    }
    return kept;
  }

  /** A copy without those of a name. */
  without(name: string): FieldList {
    return this.filter((each) => !isCalled(each, name));
  }

  /** As pairs, as Node takes trailers. */
  toPairs(): [string, string][] {
    return Array.from({ length: this.size }, (_, at) => [this.nameAt(at), this.valueAt(at)]);
  }

  #indexOf(name: string, from: number): number {
    for (let at = from; at < this.size; at++) if (isCalled(this.nameAt(at), name)) return at;
    return -1;
  }
}

function isCalled(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower;
}

const SPACE = 0x20;
const TAB = 0x09;

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}
