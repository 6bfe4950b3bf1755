import { customerNoOf } from './records.ts';
import type { Period, Person } from './person.ts';
import { randomAt, stream, type Random } from './random.ts';

interface Product {
  name: string;
  category: string;
  /** In hundredths. */
  price: number;
}

const catalogue: Record<string, readonly (readonly [string, number])[]> = {
  Kitchen: [
    ['Mug "Good Morning", 300 ml', 3490],
    ['Enamel pot, 4 l', 18900],
    ['Bread knife', 7450],
    ['Ceramic bowl', 4200],
    ['Coffee grinder', 24900],
    ['Cutting board, oak', 11200],
    ['Țuică glasses (6)', 8900],
  ],
  Garden: [
    ['Watering can, 9 l', 9900],
    ['Pruning shears', 12900],
    ['Tomato seeds', 650],
    ['Terracotta pot', 2750],
    ['Hammock', 31900],
    ['Bird house', 8400],
  ],
  Books: [
    ['Baltagul', 3200],
    ['Der Schimmelreiter', 4150],
    ['Pan Tadeusz', 3900],
    ['Gösta Berlings saga', 4700],
    ['A field guide to mushrooms', 6900],
  ],
  Home: [
    ['Wool blanket', 27900],
    ['Linen sheet, 160 × 200', 22900],
    ['Candle, beeswax', 2950],
    ['Wall clock', 14900],
    ['Picture frame 10" × 12"', 3990],
    ['Rug, 2 × 3 m', 89900],
  ],
  Toys: [
    ['Wooden train', 13900],
    ['Kite', 5900],
    ['Puzzle, 1000 pieces', 6700],
    ['Spinning top', 1890],
  ],
};

const products: readonly Product[] = Object.entries(catalogue).flatMap(([category, list]) =>
  list.map(([name, price]): Product => ({ name, category, price })),
);

/** An order and its lines; one line of `orders.csv` for each. */
export interface Order {
  orderNo: string;
  /** Empty where somebody ordered without an account: nobody's order. */
  customerNo: string;
  orderedAt: number;
  lines: OrderLine[];
}

export interface OrderLine {
  product: string;
  category: string;
  quantity: number;
  /** In hundredths; undefined where the shop lost it and wrote something that is no number. */
  total: number | undefined;
}

/**
 * The orders of one customer, the oldest first: a geometric number of them, so that most have few and some many.
 * A third of the customers lapsed somewhere on the way.
 * @param mean orders of a customer on average
 */
export function ordersOf(seed: number, person: Person, mean: number, end: number): Order[] {
  if (person.place === 'crm') return [];
  const random = randomAt(seed, person.index, stream.orders);
  const count = mean <= 0 ? 0 : Math.floor(Math.log(1 - random.next()) / Math.log(mean / (mean + 1)));
  const last = random.chance(0.35) ? person.since + random.next() * (end - person.since) : end;
  const times = Array.from({ length: count }, () => person.since + random.next() * (last - person.since));
  times.sort((one, other) => one - other);
  return times.map((time, position) => orderAt(random, person, position + 1, time));
}

/** One more order, made at a later time than those of `ordersOf`. */
export function laterOrder(random: Random, person: Person, number: number, period: Period): Order {
  return orderAt(random, person, number, period.from + random.next() * (period.to - period.from), false);
}

function orderAt(
  random: Random,
  person: Person,
  number: number,
  orderedAt: number,
  mayBeNobodys = true,
): Order {
  const lines = [orderLine(random)];
  while (lines.length < 6 && random.chance(0.38)) lines.push(orderLine(random));
  const nobodys = random.chance(0.004) && mayBeNobodys;
  return {
    orderNo: `SO${1000 + person.index}-${number}`,
    customerNo: nobodys ? '' : customerNoOf(person.index),
    orderedAt,
    lines,
  };
}

function orderLine(random: Random): OrderLine {
  const { name, category, price } = random.pick(products);
  const quantity = random.chance(0.75) ? 1 : 2 + random.below(4);
  const reduced = random.chance(0.15) ? 0.8 : 1;
  const total = random.chance(0.0003) ? undefined : Math.round(price * quantity * reduced);
  return { product: name, category, quantity, total };
}
