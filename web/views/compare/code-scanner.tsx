import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../../parts/icon.tsx";
import { CameraDialog } from "./camera-dialog.tsx";
import { decodeImage } from "./decode-image.ts";
import { readShown, type ShownOfKey } from "./read-shown.ts";

/** Larger ones take long, and show no more of a code. */
const LONGEST_SIDE = 1600;

/** Reads the code that the client shows, by the camera or from a photo. */
export function CodeScanner({ onText }: { readonly onText: (shown: ShownOfKey) => Promise<void> }): VNode {
  const open = useSignal(false);
  const failed = useSignal(false);
  const file = useRef<HTMLInputElement>(null);
  const found = (text: string): void => {
    open.value = false;
    failed.value = false;
    void onText(readShown(text));
  };
  const read = async (photo: File): Promise<void> => {
    const text = await textOf(photo).catch(() => null);
    if (text === null) failed.value = true;
    else found(text);
  };
  return (
    <div class="stack">
      <div class="actions">
        <button type="button" class="button" onClick={() => (open.value = true)}>
          <Icon name="camera" />
          Scan its code
        </button>
        <button type="button" class="button" onClick={() => file.current?.click()}>
          <Icon name="photo" />
          From a photo
        </button>
        <input
          ref={file}
          class="unseen"
          type="file"
          accept="image/*"
          tabIndex={-1}
          aria-label="Photo of its code"
          onChange={(event) => {
            const [photo] = event.currentTarget.files ?? [];
            event.currentTarget.value = "";
            if (photo !== undefined) void read(photo);
          }}
        />
      </div>
      {failed.value && (
        <p class="note note-bad" role="alert">
          No code was found in that photo. Nearer, straight from above, and in focus works best.
        </p>
      )}
      {open.value && <CameraDialog onText={found} onClose={() => (open.value = false)} />}
    </div>
  );
}

async function textOf(photo: File): Promise<string | null> {
  const image = await createImageBitmap(photo);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) return null;
  context.drawImage(image, 0, 0, width, height);
  return decodeImage(context.getImageData(0, 0, width, height));
}
