/** The words in messages that are shown as Markdown, in English. */

export const words = {
  done: 'Done',
  toDo: 'To do',
  table: 'Table',
  code: (/** @type {string} */ language) => (language === '' ? 'Code' : `Code in ${language}`),
  copyCode: 'Copy code',
  copied: 'Copied',
};
