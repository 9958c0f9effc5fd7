/** A file of the page, compressed once and sent as it is. */
export interface PageFile {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly gzip: Uint8Array;
  readonly br: Uint8Array;
  /** Strong, in quotes. */
  readonly etag: string;
}

/** By path: `/` is the document that every view begins with, the others are below `/assets/`, named after their content. */
export type PageFiles = ReadonlyMap<string, PageFile>;
