/** A message in one line, where it is only quoted or spoken. */

import { fileWords } from '../strings/said.js';
import { plainWords } from './formatting.js';

/**
 * @typedef {{content: string, files?: {type: string, name: string, alt: string}[]}} Said
 * @param {Said & {forwarded?: Said|null}} message
 * @param {string} [part] of its words; of those that it passes on where it has none
 * @returns {string} what it says and brings along, in one line
 */
export const wordsOf = ({ content, files = [], forwarded }, part = content || (forwarded?.content ?? '')) =>
  [plainWords(part), ...[...files, ...(forwarded?.files ?? [])].map(fileWords)].filter(Boolean).join(' · ');
