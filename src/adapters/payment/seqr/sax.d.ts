/** What is used of the package, which comes without types. */
declare module "sax" {
  interface Parser {
    onopentag: (node: { readonly name: string }) => void;
    onclosetag: (name: string) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
    onerror: (error: Error) => void;
    write(xml: string): Parser;
    /** Goes on after an error. */
    resume(): Parser;
    close(): Parser;
  }
  const sax: { parser(strict: boolean): Parser };
  export default sax;
}
