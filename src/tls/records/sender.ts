/** Who sent it. */
export type Sender = "client" | "server";

export function otherThan(sender: Sender): Sender {
  return sender === "client" ? "server" : "client";
}
