/** The part of the Storage interface that a page uses. */
export class FakeStorage {
  items = new Map();

  get length() {
    return this.items.size;
  }

  key = (index) => [...this.items.keys()][index] ?? null;
  getItem = (key) => this.items.get(key) ?? null;
  setItem = (key, value) => void this.items.set(key, String(value));
  removeItem = (key) => void this.items.delete(key);
}
