import type { VNode } from "preact";

const PATHS = {
  full: "M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z",
  open: "M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  half: "M8 4a4 4 0 1 0 4 4H8z",
  cross: "M4.500 4.500l7 7M11.500 4.500l-7 7",
  dash: "M4 8h8",
  warning: "M8 2.500l6.300 11H1.700zM8 6.500v3.200M8 11.600v.1",
  check: "M3 8.500l3.300 3.300L13 4.800",
} as const;

export type SignName = keyof typeof PATHS;

/** A small sign before a word; drawn, since the fonts of some machines make another one of it. */
export function Sign({ name }: { readonly name: SignName }): VNode {
  return (
    <svg class={`sign sign-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
