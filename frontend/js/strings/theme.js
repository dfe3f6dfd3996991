/** The words of choosing light or dark, in English. */

export const words = { label: 'Theme', auto: 'System', light: 'Light', dark: 'Dark' };
