/** What the browser brings, where it does: https://wicg.github.io/shape-detection-api/ */
interface BarcodeDetectorClass {
  new (options: { readonly formats: readonly string[] }): {
    detect(image: ImageData): Promise<readonly { readonly rawValue: string }[]>;
  };
  getSupportedFormats(): Promise<readonly string[]>;
}

let detecting: Promise<BarcodeDetectorClass | null> | undefined;

/** The text of a QR code in an image; null when there is none that can be read. */
export async function decodeImage(image: ImageData): Promise<string | null> {
  detecting ??= detectorOfBrowser();
  const Detector = await detecting;
  if (Detector !== null) {
    const [code] = await new Detector({ formats: ["qr_code"] }).detect(image);
    return code?.rawValue ?? null;
  }
  // As large as half of the page: only for who needs it.
  const { default: decode } = await import("qr/decode.js");
  try {
    return decode(image);
  } catch {
    return null;
  }
}

async function detectorOfBrowser(): Promise<BarcodeDetectorClass | null> {
  const { BarcodeDetector } = globalThis as { readonly BarcodeDetector?: BarcodeDetectorClass };
  if (BarcodeDetector === undefined) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch((): readonly string[] => []);
  return formats.includes("qr_code") ? BarcodeDetector : null;
}
