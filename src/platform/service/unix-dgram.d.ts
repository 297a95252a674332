declare module "unix-dgram" {
  interface Socket {
    bind(path: string): void;
    send(buffer: Buffer, offset: number, length: number, path: string, sent?: (error?: Error) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    close(): void;
  }
  const unix: { createSocket(type: "unix_dgram", received?: (message: Buffer) => void): Socket };
  export default unix;
}
