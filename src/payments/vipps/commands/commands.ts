import type { PaymentCommands } from "../../../ports/payment-plug-in.ts";
import type { VippsSection } from "../config.ts";

export const commands: PaymentCommands<VippsSection, object> = {
  settingUp: [],
  books: [],
  simulate: {
    name: "vipps",
    what: "a Vipps MobilePay payment service with a phone page, in memory",
    options: [{ form: "-l, --listen <host:port>", what: "where to listen", usual: "127.0.0.1:8082" }],
    run: async (kit, options: { listen: string }) => (await import("./simulate.ts")).simulateVipps(options, kit),
  },
};
