/** Of the first file. */
export const python = `"""Shop."""
import functools

class Store:
    """A store."""

    def __init__(self, items):
        self.items = items

    def add(self, item, count=1):
        """Adds an item.

        Several lines.
        """
        for _ in range(count):
            self.items.append(item)
        return len(self.items)

    @property
    def size(self): return len(self.items)

class Shelf(Store):
    def add(self, item):
        return super().add(item, 2)

    @functools.lru_cache(
        maxsize=None,
    )
    async def find(
        self,
        wanted: dict[str, int],
        *,
        strict: bool = False,
    ) -> int | None:
        async def inner(x: int) -> bool:
            return x == wanted.get("a")
        for index, item in enumerate(self.items):
            if await inner(item):
                return index
        return None
`;

const script = `import { thing } from "./thing.ts";

export function clamp(value: number, low: number, high: number): number {
  if (value < low)
    return low;
  return Math.min(high, value);
}

export const double = (x: number) => x * 2;

export class Limiter<Key extends { id: string }> {
  readonly #counts = new Map<string, number>();
  private readonly onFull = (key: Key): void => {
    thing(key);
  };

  constructor(private readonly limit: number) {}

  async take({ id }: Key, count = 1): Promise<{ left: number }> {
    const used = (this.#counts.get(id) ?? 0) + count;
    this.#counts.set(id, used);
    return { left: this.limit - used };
  }

  get size(): number {
    return this.#counts.size;
  }

  static of<Key extends { id: string }>(
    limit: number,
    onFull?: (key: Key) => void,
  ): Limiter<Key> {
    clamp(limit, 0, 1);
    return new Limiter<Key>(limit);
  }
}
`;

const go = `package shop

import "fmt"

type Store struct {
\titems []string
}

// Add adds.
func (s *Store) Add(item string, count int) (int, error) {
\tfor i := 0; i < count; i++ {
\t\ts.items = append(s.items, item)
\t}
\treturn len(s.items), nil
}

func Map[A, B any](
\titems []A,
\tf func(A) B,
) []B {
\tout := make([]B, 0, len(items))
\tfor _, item := range items {
\t\tout = append(out, f(item))
\t}
\treturn out
}

func one() int { return 1 }

func Print(s fmt.Stringer) {
\tfmt.Println(s)
}
`;

const long = Array.from({ length: 400 }, (_, index) => `def step_${index}(value):\n    total = value + 1\n    return total\n\n`).join("");

/** A small tree in several languages, by path. */
export const files: Readonly<Record<string, string>> = {
  "shop/store.py": python,
  "shop/long.py": long,
  "shop/windows.py": python.replaceAll("\n", "\r\n"),
  "shop/tabs.py": python.replaceAll("    ", "\t"),
  "web/limit.ts": script,
  "web/it's here/limit.js": "export function pick(list) {\n  return list[0];\n}\n",
  "cmd/store.go": go,
  "lib/store.rb": "class Store\n  def add(item)\n    @items << item\n  end\nend\n",
};
