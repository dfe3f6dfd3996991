/** The words of a thread that stands open, in English. */

export const words = {
  thread: 'Thread',
  threadIn: (/** @type {string} */ room) => `in ${room}`,
  log: 'Messages in this thread',
  box: 'Reply in this thread',
  close: 'Close thread',
  back: 'Back to room',
  show: 'Show where it began',
  none: 'No replies yet. Start the thread.',
  over: 'All messages of this thread were deleted.',
};
