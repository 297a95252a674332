import { CERTIFY, type CertifyOptions } from "../../../ports/certify-command.ts";
import type { PaymentCommands } from "../../../ports/payment-plug-in.ts";
import type { VippsSection } from "../config.ts";

export const commands: PaymentCommands<VippsSection, object> = {
  settingUp: [],
  books: [
    {
      ...CERTIFY,
      run: async (kit, options: CertifyOptions) => (await import("./certify.ts")).certify(options, kit),
    },
  ],
  simulate: {
    name: "vipps",
    what: "a Vipps MobilePay payment service with a phone page, in memory",
    options: [{ form: "-l, --listen <host:port>", what: "where to listen", usual: "127.0.0.1:8082" }],
    run: async (kit, options: { listen: string }) => (await import("./simulate.ts")).simulateVipps(options, kit),
  },
};
