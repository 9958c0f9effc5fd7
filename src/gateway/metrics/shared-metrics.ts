/** What listeners and the authorizer count alike: of one name, and told apart by the listener. */
export const REFUSALS = {
  name: "handclasp_refusals_total",
  help: "Clients that were refused, by reason.",
  labelNames: ["listener", "reason"],
} as const;

export const FIRST_USES = {
  name: "handclasp_first_uses_total",
  help: "Keys that were met for the first time and let in.",
  labelNames: ["listener"],
} as const;
