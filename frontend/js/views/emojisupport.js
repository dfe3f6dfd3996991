/** Which emoji this device can draw: its font may be older than the list. */

/** The newest first: a version of Unicode's list, and an emoji that came with it. @type {[number, string][]} */
const SAMPLES = [[17, '🫪'], [16, '🫩'], [15, '🫨'], [14, '🫠'], [13, '🥲'], [12, '🥱'], [11, '🥰']];
const SIDE_PX = 24;

/** @type {number | null} */
let newest = null;

/** @returns {number} the version up to which emoji can be drawn; infinite where that cannot be told */
export function newestDrawn() {
  if (newest === null) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [SIDE_PX, SIDE_PX];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const found = context && SAMPLES.findIndex(([, emoji]) => isDrawn(context, emoji));
    // What came between two of these (15.1 and the like) is of the older one's kind.
    newest = found === null || found === -1 ? Infinity : found === 0 ? Infinity : (SAMPLES[found - 1]?.[0] ?? 0) - 0.5;
  }
  return newest;
}

/**
 * A picture has its own colours, whatever colour is asked for; the box that stands for what is missing has not.
 * @param {CanvasRenderingContext2D} context
 * @param {string} emoji
 */
function isDrawn(context, emoji) {
  const [red, blue] = ['#f00', '#00f'].map((colour) => {
    context.clearRect(0, 0, SIDE_PX, SIDE_PX);
    context.font = `${SIDE_PX / 2}px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif`;
    context.fillStyle = colour;
    context.textBaseline = 'top';
    context.fillText(emoji, 0, 4);
    return context.getImageData(0, 0, SIDE_PX, SIDE_PX).data.join();
  });
  return red === blue && /[1-9]/.test(red ?? '');
}
