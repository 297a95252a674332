declare module "tar-stream/headers.js" {
  interface Header {
    readonly name: string;
    readonly type: string | null;
    readonly size: number | null;
    readonly mode: number;
    readonly mtime: Date;
  }
  interface HeaderToWrite extends Header {
    readonly uid: number;
    readonly gid: number;
  }
  /** Null for an empty block. Throws when the block is no header of a tar, or its checksum is wrong. */
  export function decode(block: Buffer, encoding: "utf8"): Header | null;
  /** Null when it does not fit into one block. */
  export function encode(header: HeaderToWrite): Buffer | null;
}
