/** What was typed, as stores search for it; what is empty asks for everything. */
export function searchOf({ q = "" }: { readonly q?: string }): { readonly search?: string } {
  return q.trim() === "" ? {} : { search: q };
}
