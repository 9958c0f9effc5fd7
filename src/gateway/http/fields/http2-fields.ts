import { FieldList } from "./field-list.ts";
import { lowerName } from "./lower-name.ts";

/** Fields as Node's HTTP/2 takes them. */
export type Http2Fields = Record<string, string | string[]>;

/** Names in lower case (RFC 9113 §8.2), what is there again in a list. */
export function toHttp2Fields(fields: FieldList): Http2Fields {
  const object: Http2Fields = Object.create(null);
  addFields(object, fields, 0);
  return object;
}

/** The same of a request, whose first field is Host: a pseudo field here. RFC 9113 §8.3.1. */
export function toHttp2Request(fields: FieldList): Http2Fields {
  const object: Http2Fields = Object.create(null);
  addFields(object, fields, 1);
  object[":scheme"] = "http";
  object[":authority"] = fields.valueAt(0);
  return object;
}

/** What came over HTTP/2, without what stands for a request's or an answer's first line. */
export function withoutPseudo(raw: string[]): FieldList {
  return new FieldList(raw).filter((name) => !name.startsWith(":"));
}

function addFields(object: Http2Fields, fields: FieldList, from: number): void {
  for (let at = from; at < fields.size; at++) {
    const name = lowerName(fields.nameAt(at));
    const value = fields.valueAt(at);
    const before = object[name];
    if (before === undefined) object[name] = value;
    else if (typeof before === "string") object[name] = [before, value];
    else before.push(value);
  }
}
