import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../../parts/dialog.tsx";
import { decodeImage } from "./decode-image.ts";

const EVERY_MS = 120;

export interface CameraDialogProps {
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
}

/** What the camera sees, until there is a code in it. Pictures stay in the browser. */
export function CameraDialog({ onText, onClose }: CameraDialogProps): VNode {
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const watch = async (): Promise<void> => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (stop.signal.aborted) endOf(stream);
      stop.signal.addEventListener("abort", () => endOf(stream));
      if (stop.signal.aborted || video.current === null) return;
      video.current.srcObject = stream;
      await video.current.play();
      await lookFor(video.current, stop.signal, onText);
    };
    watch().catch((error: unknown) => {
      if (!stop.signal.aborted) problem.value = wordsOf(error);
    });
    return () => stop.abort();
  }, []);
  return (
    <Dialog title="Hold its code before the camera" onClose={onClose}>
      {problem.value === null ? (
        <video ref={video} class="camera" muted playsInline aria-label="What the camera sees" />
      ) : (
        <p class="note note-bad" role="alert">
          {problem.value}
        </p>
      )}
      <p class="dim">
        The client shows its code by <code>handclasp connect --show-phrase</code>, and on the page that it
        gets while it waits. No picture leaves this browser.
      </p>
    </Dialog>
  );
}

async function lookFor(
  video: HTMLVideoElement,
  signal: AbortSignal,
  found: (text: string) => void,
): Promise<void> {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return;
  while (!signal.aborted) {
    if (video.videoWidth > 0) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      const text = await decodeImage(context.getImageData(0, 0, canvas.width, canvas.height));
      if (text !== null && !signal.aborted) return found(text);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, EVERY_MS);
    });
  }
}

function endOf(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function wordsOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return "This browser does not let the page use the camera: allow it, or take a photo.";
  if (name === "NotFoundError")
    return "There is no camera here: take a photo with another device, or paste the key id.";
  return "The camera cannot be used: take a photo, or paste the key id.";
}
