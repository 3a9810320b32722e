/** A file as a preview shows it. */
export interface PreviewFile {
  /** Where its picture is; absent while it is under way. */
  src?: string;
  alt: string;
  video: boolean;
  width?: number;
  height?: number;
}

/** A post as it would look; the parts of a thread in order. */
export interface PreviewProps {
  name: string;
  handle: string;
  /** The server, where the network has many. */
  host: string;
  parts: { text: string; files: PreviewFile[] }[];
  settings: Record<string, unknown>;
}
