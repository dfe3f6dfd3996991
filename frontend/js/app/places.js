/**
 * What few visits ask for: rooms made and changed, who is in them, links, people; of a message in `MessageActs`.
 *
 * Each method is a wish of the views (`onAct`); what it needs of the server rejects with an ApiError, which the dialogs
 * say in words. Loaded with the first of them, or when the page has nothing else to do.
 *
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../types.js').Member} Member
 */

import { canonical, roomCall } from '../format.js';
import { PlacesApi } from '../places.js';
import { rightsIn } from '../rights.js';
import { strings } from '../strings/en.js';
import { words as board } from '../strings/board.js';
import { words } from '../strings/places.js';
import { openDialog, confirmDelete } from '../views/dialog.js';
import { openCard } from '../views/account/card.js';
import { isGivenUp } from '../views/keys.js';
import { copyItem, openMenu } from '../views/menu.js';
import { createAbout } from '../views/places/about.js';
import { askNewRoom } from '../views/places/create.js';
import { askNewDirect } from '../views/places/direct.js';
import { createDirectory } from '../views/places/directory.js';
import { createEnd } from '../views/places/end.js';
import { askToJoin } from '../views/places/join.js';
import { createLinks } from '../views/places/links.js';
import { createMembers } from '../views/places/members.js';
import { createSaved } from '../views/places/saved.js';
import { screenOf } from '../views/places/frame.js';
import { openRoomSettings } from '../views/places/settings.js';
import { pageAddress } from './address.js';
import { Oversight } from './administration.js';
import { routeTo } from './browser.js';
import { completionSources } from './completing.js';
import { MessageActs } from './messageacts.js';
import { Finder } from './search.js';
import { el } from '../dom.js';

/** Suggestions under a field that takes people. */
const SUGGESTED = 8;
/** So long the quick switcher waits for the list of rooms. */
const PATIENCE_MS = 2000;

/** @typedef {import('./wishes.js').Page & {names: import('./names.js').Names}} PlacesOptions */

export class Places extends MessageActs {
  #page;
  #api;
  #names;
  /** @type {Finder|null} */
  #finder = null;
  /** How often the switcher or the search was wished for. */
  #wishes = 0;

  /** @param {PlacesOptions} options */
  constructor({ names, ...page }) {
    const api = new PlacesApi(page.api);
    super(page, api);
    this.#page = page;
    this.#names = names;
    this.#api = api;
  }

  get #state() {
    return this.#page.state;
  }

  /** @param {Room} room */
  #rights(room) {
    return rightsIn(room, this.#state.user);
  }

  /** @param {number} roomId @returns {Room|null} as it is known now */
  #room(roomId) {
    const { currentRoom, rooms } = this.#state;
    return currentRoom?.id === roomId ? currentRoom : (rooms.find(({ id }) => id === roomId) ?? null);
  }

  /** @param {string} text */
  #tell(text) {
    void this.#page.parts().screens.toast(text, 'ok');
  }

  /** @param {string} [name] to begin with */
  newRoom(name = '') {
    const { config, createRoom } = this.#page;
    return askNewRoom({ maxLength: config.maxRoomNameLength, name, isGuest: this.#state.user === null, onCreate: createRoom });
  }

  /** @param {Room} room */
  deleteRoom(room) {
    return confirmDelete({ room, onDelete: () => this.#page.deleteRoom(room.id) });
  }

  /** Waits for the list of rooms, while it is on its way: what it does not know yet would be made anew. */
  async #listed() {
    const { state, parts } = this.#page;
    const { watchers } = parts().screens;
    if (state.roomsStatus !== 'loading') return;
    await new Promise((resolve) => {
      const watch = () => {
        if (state.roomsStatus === 'loading') return;
        watchers.delete(watch);
        resolve(null);
      };
      watchers.add(watch);
      setTimeout(resolve, PATIENCE_MS);
    });
  }

  /** @param {import('./switching.js').Asking} [asking]  for another purpose than to go there */
  async jump(asking) {
    const mine = ++this.#wishes;
    const [{ openQuickSwitcher }] = await Promise.all([import('./switching.js'), this.#listed()]);
    // What was wished for since then stands in its place.
    if (mine !== this.#wishes || isGivenUp('jump')) return;
    openQuickSwitcher({
      page: this.#page, names: this.#names, places: this, find: (...asked) => this.#find(...asked), ...(asking ? { asking } : {}),
    });
  }

  /** What somebody went to is not there. @param {boolean} [isUnread]  or could not be read now */
  tellLost(isUnread) {
    void this.#page.parts().screens.toast(isUnread ? board.unread : board.lost);
  }

  /** Looks for what was said. */
  search() {
    this.#wishes += 1;
    this.#finder ??= new Finder({ ...this.#page, names: this.#names });
    this.#finder.open();
  }

  newDirect() {
    return askNewDirect({ find: (query, signal) => this.#find(query, signal), onStart: (usernames) => this.message(...usernames) });
  }

  /** @param {...string} usernames with whom one wants to talk */
  async message(...usernames) {
    const room = await this.#api.direct(usernames);
    this.#page.apply({ type: 'room_read', room });
    this.#page.open(room.id);
  }

  /**
   * @param {string} query
   * @param {AbortSignal} signal
   * @param {(username: string) => boolean} [isWanted]
   */
  async #find(query, signal, isWanted = () => true) {
    const people = await this.#api.people(query, { limit: 2 * SUGGESTED, signal });
    this.#names.learn(people);
    return people.filter(({ username }) => !this.#isMe(username) && isWanted(username)).slice(0, SUGGESTED);
  }

  /** @param {string} username */
  #isMe(username) {
    return canonical(username) === canonical(this.#state.username ?? '');
  }

  /** What words in the message box may become. */
  completions() {
    return completionSources({ state: this.#state, api: this.#api, names: this.#names });
  }

  /** @param {string} token of a link into a room */
  join(token) {
    return askToJoin({
      preview: () => this.#api.preview(token),
      onJoin: async () => {
        const room = await this.#api.accept(token);
        this.#page.apply({ type: 'room_read', room });
        this.#page.open(room.id);
      },
    });
  }

  /**
   * @param {{username: string, guest: boolean}} person
   * @param {HTMLElement} anchor
   */
  async showPerson(person, anchor) {
    const { accounts } = await this.#page.parts().identity.account;
    const isOther = !person.guest && this.#state.user !== null && !this.#isMe(person.username);
    openCard(anchor, {
      ...person,
      load: async () => {
        const profile = await accounts.person(person.username);
        this.#names.learn([profile]);
        return profile;
      },
      onMessage: isOther ? () => this.message(person.username) : null,
      onTrouble: this.#page.onTrouble,
    });
  }

  /**
   * @param {'directory'|'saved'|'scheduled'} name
   * @param {any} common callbacks that all screens have
   */
  async makePage(name, common) {
    const element = screenOf(name);
    const { screens, identity } = this.#page.parts();
    if (name === 'scheduled') return (await (await identity.account).scheduling()).makePage(element, common);
    // It knows what is removed elsewhere.
    if (name === 'saved') screens.loadKeeping().catch(() => {});
    return { directory: createDirectory, saved: createSaved }[name](element, {
      ...common,
      read: (/** @type {number|null} */ before, /** @type {AbortSignal} */ signal) => this.#api.saved(before, signal),
      isSaved: (/** @type {number} */ id) => screens.keeping?.isSaved(id, true) ?? true,
      onRemove: async (/** @type {import('../types.js').Message} */ { id }) => {
        await this.#api.save(id, false);
        screens.keeping?.hear({ type: 'saved', message_id: id, on: false });
      },
      people: async (/** @type {string} */ query, /** @type {any} */ options) => {
        const people = await this.#api.people(query, options);
        this.#names.learn(people);
        return people;
      },
      onMessage: (/** @type {string} */ username) => void this.message(username).catch(this.#page.onTrouble),
    });
  }

  /** @param {Room} room @param {HTMLElement} button */
  roomMenu(room, button) {
    const may = this.#rights(room);
    const text = words.room;
    openMenu(button, text.menu, [
      // Where there may be no place for it in the head.
      ...(matchMedia('(width < 360px)').matches ? [{ label: strings.sidebar.search, icon: 'search', run: () => this.search() }] : []),
      // Where the list of rooms has no place beside the conversation.
      ...(matchMedia('(width < 768px)').matches ? [{ label: strings.sidebar.jump, icon: 'search', run: () => void this.jump() }] : []),
      { label: text.settings, icon: 'gear', run: () => this.settings(room.id) },
      ...(this.#state.user ? [{ label: text.notifications, icon: 'bell', run: () => void this.levels(room, button).catch(this.#page.onTrouble) }] : []),
      ...(may.add ? [{ label: text.invite, icon: 'add', run: () => this.settings(room.id, 'members') }]
        : may.invite ? [{ label: text.invite, icon: 'add', run: () => this.settings(room.id, 'links') }] : []),
      ...copyItem({
        label: text.copyLink, icon: 'link', text: () => pageAddress(routeTo(room.id)), copied: words.copied, refused: words.notCopied,
      }),
      ...(may.leave && room.role !== 'owner' ? [{ label: text.leave, icon: 'leave', run: () => void this.#leave(room.id) }] : []),
      ...(may.erase ? [{ label: text.delete, icon: 'trash', danger: true, run: () => void this.deleteRoom(room) }] : []),
    ]);
  }

  /**
   * Of what one wants to be notified in a room.
   *
   * @param {Room} room
   * @param {HTMLElement} button
   */
  async levels(room, button) {
    await (await (await this.#page.parts().identity.account).attention()).chooseLevel(this.#room(room.id) ?? room, button);
  }

  /** The messages that are about oneself. */
  async mentions() {
    await (await (await this.#page.parts().identity.account).attention()).showMentions();
  }

  /**
   * @param {number} roomId
   * @param {'about'|'members'|'links'|'moderation'|'end'} [tab]
   */
  settings(roomId, tab) {
    const first = this.#room(roomId);
    if (!first) return;
    const { config, parts } = this.#page;
    let last = first;
    const room = () => this.#room(roomId) ?? last;
    const rights = () => this.#rights(room());
    const may = rights();
    const about = createAbout({
      room: first, rights: may, maxLength: config.maxRoomNameLength,
      retention: () => this.#api.retention(roomId), onKeep: (days) => this.#api.keep(roomId, days),
      onChange: async (changes) => this.#changed(await this.#api.change(roomId, changes)),
    });
    const members = createMembers({
      room: first, me: this.#state.user ? this.#state.username : null, rights,
      members: async (page) => {
        const list = await this.#api.members(roomId, page);
        this.#names.learn(list);
        return list;
      },
      find: (query, signal) => this.#find(query, signal, (username) =>
        !members.known().some((member) => canonical(member.username) === canonical(username))),
      onAdd: (username) => this.#api.setMember(roomId, username),
      onJoin: async () => {
        await this.#api.setMember(roomId, this.#state.username ?? '');
        this.#changed(await this.#api.room(roomId));
      },
      onRole: (username, role) => this.#api.setMember(roomId, username, role),
      onTransfer: (member) => this.#transfer(roomId, member.username),
      onRemove: (member) => openDialog({
        title: words.remove.title(member.username),
        body: [el('p', { class: 'dialog-text' }, room().kind === 'public' ? words.remove.textPublic : words.remove.text)],
        submit: words.remove.submit, danger: true,
        run: () => this.#api.removeMember(roomId, member.username),
      }),
      onProfile: (member, anchor) => void this.showPerson({ username: member.username, guest: false }, anchor),
    });
    const links = createLinks({
      invites: () => this.#api.invites(roomId), onMake: (terms) => this.#api.invite(roomId, terms),
      onRevoke: (inviteId) => this.#api.revoke(roomId, inviteId), address: (token) => pageAddress(`#/join/${token}`),
    });
    const end = createEnd({
      room, rights,
      onLeave: () => this.#leave(roomId),
      onTransfer: async () => {
        opened.dialog.querySelector('.settings-body')?.scrollTo(0, 0);
        this.#chooseTab(opened.dialog, words.settings.tabs.members);
        return false;
      },
      onArchive: async (archived) => this.#changed(await this.#api.change(roomId, { archived })),
      onDelete: () => this.deleteRoom(room()),
    });
    const all = [
      { key: /** @type {const} */ ('about'), part: about, isFor: true },
      { key: /** @type {const} */ ('members'), part: members, isFor: true },
      { key: /** @type {const} */ ('links'), part: links, isFor: may.invite },
      { key: /** @type {const} */ ('moderation'), part: new Oversight(this.#page).roomPart(roomId), isFor: may.moderate },
      { key: /** @type {const} */ ('end'), part: end, isFor: may.leave || may.rename || may.erase },
    ];
    const opened = openRoomSettings({ room: first, me: this.#state.username, parts: all.filter(({ isFor }) => isFor), ...(tab ? { tab } : {}) });
    const follow = () => {
      const next = this.#room(roomId);
      if (!next || this.#state.notice || this.#state.currentRoom?.id !== roomId) return opened.dialog.close();
      if (next === last) return;
      last = next;
      for (const part of [about, members, end]) part.update(next);
    };
    parts().screens.watchers.add(follow);
    void opened.closed.then(() => parts().screens.watchers.delete(follow));
  }

  /** @param {HTMLElement} dialog @param {string} label */
  #chooseTab(dialog, label) {
    const tab = [...dialog.querySelectorAll('[role=tab]')].find((node) => node.textContent === label);
    /** @type {HTMLElement|undefined} */ (tab)?.click();
    /** @type {HTMLElement|undefined} */ (tab)?.focus();
  }

  /** @param {Room} room as the server has answered */
  #changed(room) {
    this.#page.apply({ type: 'room_read', room });
  }

  /** @param {number} roomId @param {string} username */
  async #transfer(roomId, username) {
    const done = await openDialog({
      title: words.transfer.title(username), body: [el('p', { class: 'dialog-text' }, words.transfer.text)],
      submit: words.transfer.submit, run: async () => void (await this.#api.setMember(roomId, username, 'owner')),
    });
    if (done) {
      this.#changed(await this.#api.room(roomId));
      this.#tell(words.transfer.done(username));
    }
    return done;
  }

  /** @param {number} roomId */
  async #leave(roomId) {
    const room = this.#room(roomId);
    if (!room) return false;
    const call = roomCall(room, this.#state.username);
    const isPrivate = room.kind === 'private';
    const done = await openDialog({
      title: words.end.leaveTitle(call),
      body: [el('p', { class: 'dialog-text' }, isPrivate ? words.end.leaveText : words.end.leavePublicText)],
      submit: words.end.leaveSubmit, danger: true,
      run: async () => {
        // One who leaves knows it: the page goes before the server says that the room is closed to them.
        if (isPrivate && this.#state.currentRoom?.id === roomId) this.#page.leaveForList();
        await this.#api.removeMember(roomId, this.#state.username ?? '');
      },
    });
    if (!done) return false;
    if (isPrivate) this.#page.apply({ type: 'room_removed', room });
    else this.#changed(await this.#api.room(roomId));
    this.#tell(words.end.left(call));
    return true;
  }
}
