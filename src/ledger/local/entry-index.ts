/** Where an entry's line lies. */
export interface EntryPlace {
  /** Position of the segment in the order of segments. */
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * The places of all entries of each key, in 20 bytes an entry: columns of numbers in which each entry points to the one of the
 * same key before it.
 */
export class EntryIndex {
  readonly #newest = new Map<string, number>();
  #size = 0;
  #segments = new Uint32Array(1024);
  #offsets = new Float64Array(1024);
  #lengths = new Uint32Array(1024);
  /** The entry before, plus one; 0 is none. */
  #before = new Uint32Array(1024);

  add(key: string, place: EntryPlace): void {
    if (this.#size === this.#segments.length) this.#grow();
    const entry = this.#size++;
    this.#segments[entry] = place.segment;
    this.#offsets[entry] = place.offset;
    this.#lengths[entry] = place.length;
    this.#before[entry] = (this.#newest.get(key) ?? -1) + 1;
    this.#newest.set(key, entry);
  }

  /** In the order they were added. */
  places(key: string): EntryPlace[] {
    const places: EntryPlace[] = [];
    for (let entry = this.#newest.get(key) ?? -1; entry !== -1; entry = (this.#before[entry] ?? 0) - 1) {
      places.push({ segment: this.#segments[entry] ?? 0, offset: this.#offsets[entry] ?? 0, length: this.#lengths[entry] ?? 0 });
    }
    return places.reverse();
  }

  #grow(): void {
    const grown = <Column extends Uint32Array | Float64Array>(column: Column, larger: Column): Column => {
      larger.set(column);
      return larger;
    };
    const capacity = this.#segments.length * 2;
    this.#segments = grown(this.#segments, new Uint32Array(capacity));
    this.#offsets = grown(this.#offsets, new Float64Array(capacity));
    this.#lengths = grown(this.#lengths, new Uint32Array(capacity));
    this.#before = grown(this.#before, new Uint32Array(capacity));
  }
}
