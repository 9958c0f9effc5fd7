import { HandclaspError } from "../../errors.ts";

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Bytes of `500B`, `64kB`, `10MB`, `10MiB`, `2GiB`: a whole number above 0 and a unit, in any case. Throws ERR_HANDCLASP_OPTION. */
export function parseSize(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,15}) ?([kmgt]?i?b)$/i.exec(text.trim()) ?? [];
  const bytes = Number(amount) * (UNITS[unit.toLowerCase()] ?? 0);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `${JSON.stringify(text.slice(0, 40))} is not a size`, {
    hint: "a whole number and B, kB, MB or GB, which are thousands, or KiB, MiB or GiB: 500kB, 10MB, 10MiB",
  });
}
