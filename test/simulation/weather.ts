import { formatUnitPrice } from "../../src/core/tariff.ts";
import { whenAwake } from "../support/virtual-clock.ts";
import type { PositionSetting } from "./setting.ts";
import type { World } from "./world.ts";

/** Now and then an operator orders another price. */
export function priceWeather(world: World): void {
  const { time, chaos } = world;
  time.after(chaos.random.int(5_000, 90_000), () => {
    if (world.started && chaos.strikes("price-ordered")) orderPrice(world);
    priceWeather(world);
  });
}

function orderPrice(world: World): void {
  const { time, life, kiosk, chaos, setting } = world;
  const { goods } = chaos.random.pick([...setting.positions] as [PositionSetting]);
  const unitPriceE6 = Math.ceil((goods.tariff.unitPriceE6 * chaos.random.int(70, 140)) / 100);
  const unitPrice = formatUnitPrice({ ...goods.tariff, unitPriceE6 });
  const position = world.nameAt(goods.position);
  world.note(() => `[${position}] an operator orders the price ${unitPrice}`);
  whenAwake(time, life, () => {
    void kiosk?.operators.order({ name: "set-price", body: { position, unitPrice } });
  });
}

/** Now and then a person has looked at one sale that waits for them, and says so. */
export function personWeather(world: World): void {
  const { time, chaos, rules } = world;
  time.after(chaos.random.int(20_000, 240_000), () => {
    if (world.started && rules.matters.any && chaos.strikes("matter-acknowledged")) acknowledge(world);
    personWeather(world);
  });
}

/** A person has looked at one of those that wait. */
export function acknowledge(world: World): void {
  const { time, life, kiosk, places, rules } = world;
  const matter = rules.matters.pick();
  if (matter === null) return;
  const { code, saleId: sale } = matter;
  const position = places.shownAt(matter.position);
  world.note(() => `[${matter.position}] an operator acknowledges ${code} of ${sale}`);
  whenAwake(time, life, () => {
    if (kiosk === null) return;
    const answered = rules.matters.asked(code, sale);
    const order = kiosk.operators.order({
      name: "acknowledge",
      body: { code, sale, note: "seen", ...(position === null ? {} : { position }) },
    });
    void order.then(answered);
  });
}
