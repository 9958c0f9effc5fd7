import type { VNode } from "preact";
import type { Compared } from "../../client/shapes.ts";
import { Sign } from "../../parts/sign.tsx";

const HOW: Readonly<Record<Compared["how"], string>> = {
  scan: "its code",
  words: "its words",
  "key-id": "its key id",
};

/** What the server found. */
export function ComparisonResult({ equal, how, differs, name }: Compared & { readonly name: string }): VNode {
  if (equal) {
    return (
      <div class="note note-good verdict">
        <Sign name="check" />
        <p>
          <strong>Equal.</strong> Whoever showed {HOW[how]} has the key that waits as <bdi>{name}</bdi>.
        </p>
      </div>
    );
  }
  return (
    <div class="note note-bad verdict">
      <Sign name="cross" />
      <p>
        <strong>Not equal.</strong>{" "}
        {differs === "server"
          ? "The key is right, but its owner saw another server than this one: somebody may sit between. Approve nothing before that is found out."
          : "The key that waits is not the one that was shown. If nobody misread anything, it is somebody else's: ignore it."}
      </p>
    </div>
  );
}
