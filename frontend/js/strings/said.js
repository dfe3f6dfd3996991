/** The words for what cannot be quoted or spoken as it is. In English. */

/** @param {{type: string, name: string, alt: string}} file */
export const fileWords = ({ type, name, alt }) => (type.startsWith('image/') ? `Image: ${alt || name}` : `📎 ${name}`);
