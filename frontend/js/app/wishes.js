/**
 * What the views may ask of the controller. Loaded with the first screen; what few visits ask for is loaded when they do.
 *
 * @typedef {import('../types.js').State} State
 * @typedef {import('../types.js').Anchor} Anchor
 * @typedef {import('./places.js').Places} Places
 */

import { loadMarkdown } from '../views/formatting.js';
import { isGivenUp } from '../views/keys.js';
import { loadSeldom, sheet } from '../views/seldom.js';
import { Names } from './names.js';

/**
 * @typedef {object} Page  what the wishes need of the controller
 * @property {State} state  read only
 * @property {import('../api.js').Api} api
 * @property {import('../types.js').Config} config
 * @property {import('../socket.js').Connection} connection
 * @property {import('./memory.js').Memory} memory
 * @property {import('../types.js').Clock} clock
 * @property {(event: import('../types.js').Frame) => void} apply
 * @property {(roomId?: number|null) => void} open
 * @property {(wish: import('../types.js').RoomWish) => Promise<void>} createRoom
 * @property {(roomId: number) => Promise<void>} deleteRoom
 * @property {() => void} signOut
 * @property {() => void} onAccount
 * @property {(cause: unknown) => void} onTrouble
 * @property {() => Promise<void>} loadRooms
 * @property {() => void} leaveForList
 * @property {() => {identity: import('./identity.js').Identity, screens: import('./screens.js').Screens,
 *   visit: import('./visit.js').Visit|null, outbox: import('../outbox.js').Outbox|null, memory: import('./memory.js').Memory}} parts
 */

/** @typedef {ReturnType<typeof createWishes>} Wishes */

/** @param {Page} page */
export function createWishes(page) {
  const { state, api, apply, open, onTrouble } = page;
  const { parts, createRoom, deleteRoom, onAccount, signOut } = page;
  const names = new Names({ api, onNews: () => apply({ type: 'names_learned' }) });
  /** @type {Promise<Places>|null} */
  let places = null;
  const loadFaces = () => import('./faces.js').then(({ begin }) => begin(page, names));
  // As soon as somebody has a picture; from then on it hears for itself.
  names.onLearned = (profiles) => void (profiles.some(({ avatar }) => avatar) && loadFaces().catch(() => {}));

  const loadPlaces = () => {
    places ??= Promise.all([import('./places.js'), loadSeldom()]).then(
      ([{ Places: PlacesClass }]) => new PlacesClass({ ...page, names }),
      (cause) => {
        places = null;
        throw cause;
      },
    );
    return places;
  };
  /** @returns {Promise<import('./administration.js').Oversight>} */
  const loadOversight = async () => {
    const [{ Oversight }] = await Promise.all([import('./administration.js'), loadSeldom()]);
    return new Oversight(page);
  };
  /** @param {string} wish @param {...any} details */
  const act = async (wish, ...details) => {
    const loaded = /** @type {any} */ (await loadPlaces());
    return isGivenUp(wish) ? undefined : loaded[wish](...details);
  };
  const onAct = (/** @type {[string, ...any]} */ ...wish) => void parts().screens.act(...wish);
  const common = {
    names, onAct, onTrouble, onAccount, onOpen: open, onBack: () => open(), onCreate: createRoom, onSignOut: signOut,
    onPerson: (/** @type {any} */ person, /** @type {HTMLElement} */ anchor) => onAct('showPerson', person, anchor),
  };

  return {
    act,
    names,
    style: sheet,
    login: {
      onSubmit: (/** @type {string} */ name) => parts().identity.ask(name),
      onSignIn: async (/** @type {any} */ known) => (await parts().identity.account).signIn(known),
      onRegister: async (/** @type {any} */ fresh) => (await parts().identity.account).register(fresh),
    },
    rooms: { ...common, onDelete: deleteRoom, onRetry: () => void page.loadRooms() },
    chat: {
      ...common,
      onDelete: () => deleteRoom(state.currentRoom?.id ?? 0),
      onPeople: () => parts().screens.people?.['toggle'](),
      onOlder: () => parts().visit?.page('older'),
      onNewer: () => parts().visit?.page('newer'),
      onLatest: () => void parts().visit?.goToLatest(),
      onAtBottom: (/** @type {boolean} */ atBottom) => parts().visit?.scrolled(atBottom),
      onAnchor: (/** @type {Anchor} */ anchor) => parts().visit?.rested(anchor),
      onRetryHistory: () => void parts().visit?.read(),
      onSend: (/** @type {[string, any]} */ ...said) => parts().visit?.say(...said),
      onTyping: () => parts().visit?.type(),
      onDraft: (/** @type {string} */ text) => parts().visit?.keepDraft(text),
      onRetry: (/** @type {string} */ clientId) => parts().outbox?.retry(clientId),
      onDiscard: (/** @type {string} */ clientId) => parts().outbox?.discard(clientId),
      onTryNow: () => page.connection.tryNow(),
      onSources: () => act('completions'),
      onFiles: async (/** @type {any} */ place) => (await parts().screens.files()).tray(place, () => String(state.currentRoom?.id)),
    },

    /**
     * Makes a screen that few visits need.
     *
     * @param {'directory'|'saved'|'scheduled'|'administration'} name
     * @returns {Promise<import('../types.js').View>}
     */
    async page(name) {
      if (name === 'administration') return (await loadOversight()).makePage(common);
      return act('makePage', name, common);
    },

    /** @param {HTMLElement} element  takes the short notices */
    async toasts(element) {
      return (await loadSeldom()).createToasts(element);
    },

    /**
     * @param {HTMLElement} polite
     * @param {HTMLElement} assertive
     */
    async announcer(polite, assertive) {
      return (await loadSeldom()).createAnnouncer(polite, assertive);
    },

    /** Fetches what may be wanted later. */
    async prefetch() {
      await Promise.all([loadPlaces(), loadFaces(), loadMarkdown(), import('../views/rooms.js'), import('../views/theme.js'), sheet('rooms')]);
    },
  };
}
