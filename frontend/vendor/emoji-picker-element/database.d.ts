/** What the page uses of `emoji-picker-element`'s Database; its own types name far more. */

/** An emoji as it is found. */
export interface Found {
  unicode: string;
  annotation: string;
  shortcodes?: string[];
  version: number;
  skins?: { tone: number; unicode: string; version: number }[];
}

export default class Database {
  constructor(options: { dataSource: string; locale: string });
  ready(): Promise<void>;
  getEmojiByGroup(group: number): Promise<Found[]>;
  getEmojiBySearchQuery(query: string): Promise<Found[]>;
  getEmojiByUnicodeOrName(unicodeOrName: string): Promise<Found | null>;
  getEmojiByShortcode(shortcode: string): Promise<Found | null>;
}
