const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]+$/;

/** The code as an SVG, black on white with its quiet zone; upper-case text takes the denser alphanumeric mode. */
export async function qrSvg(text: string): Promise<string> {
  const { default: qrcode } = await import("qrcode");
  const content = ALPHANUMERIC.test(text) ? [{ data: text, mode: "alphanumeric" as const }] : text;
  return qrcode.toString(content, {
    type: "svg",
    errorCorrectionLevel: "M",
    margin: 4,
    color: { dark: "#000000", light: "#ffffff" },
  });
}
