/**
 * What few visits ask for: rooms made and changed, who is in them, links, people, and what becomes of a message.
 *
 * Each method is a wish of the views (`onAct`); what it needs of the server rejects with an ApiError, which the dialogs
 * say in words. Loaded with the first of them, or when the page has nothing else to do.
 *
 * @typedef {import('../types.js').Room} Room
 * @typedef {import('../types.js').Member} Member
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('./replies.js').Place} Place
 */

import { canonical, formatLength, roomCall } from '../format.js';
import { PlacesApi } from '../places.js';
import { isInTime, rightsIn } from '../rights.js';
import { isOwn } from '../state/messages.js';
import { strings } from '../strings/en.js';
import { words } from '../strings/places.js';
import { openDialog, confirmDelete } from '../views/dialog.js';
import { openCard } from '../views/account/card.js';
import { copyItem, openMenu } from '../views/menu.js';
import { createAbout } from '../views/places/about.js';
import { askNewRoom } from '../views/places/create.js';
import { askNewDirect } from '../views/places/direct.js';
import { editIn } from '../views/places/edit.js';
import { createDirectory } from '../views/places/directory.js';
import { createEnd } from '../views/places/end.js';
import { askToJoin } from '../views/places/join.js';
import { createLinks } from '../views/places/links.js';
import { createMembers } from '../views/places/members.js';
import { askReason, confirmDeleteMessage } from '../views/places/report.js';
import { openRoomSettings } from '../views/places/settings.js';
import { createRowTools } from '../views/rowtools.js';
import { Oversight } from './administration.js';
import { completionSources } from './completing.js';
import { pageAddress, routeTo } from './browser.js';
import { showEdits } from './edits.js';
import { atHand } from './emoji.js';
import { Reacting } from './reacting.js';
import { Finder } from './search.js';
import { el } from '../dom.js';

/** Suggestions under a field that takes people. */
const SUGGESTED = 8;

/** @typedef {import('./wishes.js').Page & {names: import('./names.js').Names}} PlacesOptions */

export class Places {
  #page;
  #api;
  #names;
  /** @type {Finder|null} */
  #finder = null;

  /** @param {PlacesOptions} options */
  constructor({ names, ...page }) {
    this.#page = page;
    this.#names = names;
    this.#api = new PlacesApi(page.api);
    const reacting = new Reacting(page);
    this.react = reacting.react.bind(reacting);
    this.pickReaction = reacting.pick.bind(reacting);
    this.showReactors = reacting.showAll.bind(reacting);
    this.insertEmoji = reacting.insert.bind(reacting);
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

  async jump() {
    const { openQuickSwitcher } = await import('./switching.js');
    openQuickSwitcher({ page: this.#page, names: this.#names, places: this, find: (...asked) => this.#find(...asked) });
  }

  /**
   * What concerns how far one has read.
   *
   * @param {'openMenu'|'readAll'|'askReadAll'|'markUnread'} wish  a method of `Reads`
   * @param {...any} details
   */
  async reads(wish, ...details) {
    const reads = /** @type {any} */ (await (await this.#page.parts().identity.account).reads());
    await reads[wish](...details);
  }

  /** Looks for what was said. */
  search() {
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
   * @param {'directory'} name
   * @param {HTMLElement} element
   * @param {any} common callbacks that all screens have
   */
  makePage(name, element, common) {
    return { directory: createDirectory }[name](element, {
      ...common,
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
      // Where the list of rooms has no place beside the conversation.
      ...(matchMedia('(width < 768px)').matches ? [{ label: strings.sidebar.jump, icon: 'search', run: () => void this.jump() }] : []),
      { label: text.settings, icon: 'gear', run: () => this.settings(room.id) },
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
      onChange: async (changes) => this.#changed(await this.#api.change(roomId, changes)),
    });
    const members = createMembers({
      room: first, me: this.#state.user ? this.#state.username : null, rights,
      members: async () => {
        const list = await this.#api.members(roomId);
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

  /**
   * The log wants the tools of its messages.
   *
   * @param {HTMLElement} log
   * @param {{rows: () => import('../views/row.js').Row[], first: {event: Event, isOver: boolean}, signal: AbortSignal, place?: Place}} options
   */
  rowTools(log, { place, ...options }) {
    createRowTools(log, {
      ...options, isOwn: (message) => isOwn(this.#state, message),
      emojiAtHand: () => (this.#state.currentRoom?.archived_at ? [] : atHand()),
      mayReply: () => this.#state.currentRoom !== null && this.#rights(this.#state.currentRoom).write,
      onAct: (wish, ...details) => void this.#page.parts().screens.act(wish, ...details, place),
    });
  }

  /** @param {Message} message @param {Place} [place] */
  async reply(message, place) {
    if (!this.#state.currentRoom || !this.#rights(this.#state.currentRoom).write) return;
    (await this.#page.parts().screens.loadReplies()).reply(message, place);
  }

  /** @param {Message} message  any of a thread, or one that nobody has answered */
  async openThread(message) {
    (await this.#page.parts().screens.loadReplies()).open(message.id);
  }

  /**
   * What can be done with a message.
   *
   * @param {Message} message
   * @param {HTMLElement} anchor
   * @param {{back: HTMLElement, isHeld: boolean}} options see `openMenu`
   * @param {Place} [place]
   */
  messageMenu(message, anchor, options, place) {
    const { currentRoom: room } = this.#state;
    if (!room || message.deleted_at) return;
    const may = this.#rights(room);
    const own = isOwn(this.#state, message);
    const mine = own && may.write && this.#isInTime(message);
    const text = words.message;
    const common = { copied: words.copied, refused: words.notCopied };
    // On a phone the button that the menu stands beside is not there but for the menu.
    const beside = () => (anchor.checkVisibility() ? anchor : options.back);
    openMenu(anchor, text.actions, [
      ...(may.write ? [{ label: text.react, icon: 'smile', run: () => void this.pickReaction(message, beside(), options).catch(this.#page.onTrouble) }] : []),
      ...(message.reactions[0] ? [{ label: text.reactors, icon: 'people', run: () => void this.showReactors(message).catch(this.#page.onTrouble) }] : []),
      ...(may.write ? [{ label: text.reply, icon: 'reply', run: () => void this.reply(message, place) }] : []),
      ...(place ? [] : [{ label: text.thread, icon: 'talk', run: () => void this.openThread(message) }]),
      ...(mine ? [{ label: text.edit, icon: 'edit', run: () => this.edit(message, place) }] : []),
      ...copyItem({ ...common, label: text.copy, icon: 'copy', text: () => message.content }),
      ...copyItem({ ...common, label: text.copyLink, icon: 'link', text: () => pageAddress(routeTo(room.id, message.id)) }),
      ...(message.edited_at ? [{ label: text.edits, icon: 'clock', run: () => this.showEdits(message.id) }] : []),
      ...(this.#state.user ? [{
        label: text.markUnread, icon: 'unread', run: () => void this.reads('markUnread', message.id).catch(this.#page.onTrouble),
      }] : []),
      ...(own ? [] : [{ label: text.report, icon: 'flag', run: () => void this.report(message) }]),
      ...(mine || may.moderate
        ? [{ label: text.delete, icon: 'trash', danger: true, run: () => void this.deleteMessage(message) }] : []),
    ], options);
  }

  /** @param {Message} message one's own @returns {boolean} the server would still let it be changed */
  #isInTime(message) {
    return isInTime(message, this.#page.config.editWindow, Date.now() + this.#page.api.lead);
  }

  #tellTooOld = () => void this.#page.parts().screens.toast(words.message.tooOld(formatLength(this.#page.config.editWindow)));

  /** @param {Message} message one's own @param {Place} [place]  where it is written anew */
  edit(message, place) {
    const { composer, messages } = place ?? this.#page.parts().screens;
    if (!composer) return;
    if (!this.#isInTime(message)) return this.#tellTooOld();
    messages?.['markEdited'](message.id);
    editIn(composer, {
      text: message.content, onEnd: () => messages?.['markEdited'](null),
      onSave: async (content) => {
        if (content !== message.content) await this.#api.edit(message.id, content, this.#state.username ?? '');
      },
    });
  }

  /** The newest of one's own messages on view is written anew. */
  editLast() {
    const { currentRoom: room, messages } = this.#state;
    const message = messages.findLast((one) => !one.deleted_at && isOwn(this.#state, one));
    if (room && message && this.#rights(room).write) this.edit(message);
  }

  /** @param {Message} message */
  deleteMessage(message) {
    return confirmDeleteMessage({
      content: message.content, onDelete: () => this.#api.erase(message.id, this.#state.username ?? ''),
    });
  }

  /** @param {Message} message the key for it was pressed; there may be no right to it */
  async askDelete(message) {
    const { currentRoom: room } = this.#state;
    if (!room) return;
    const may = this.#rights(room);
    const own = may.write && isOwn(this.#state, message);
    if (may.moderate || (own && this.#isInTime(message))) await this.deleteMessage(message);
    else if (own) this.#tellTooOld();
  }

  /** @param {number} messageId  of an edited message on view */
  showEdits(messageId) {
    showEdits(this.#page, messageId, () => this.#api.edits(messageId));
  }

  /** @param {Message} message */
  async report(message) {
    const onReport = (/** @type {string} */ reason) => this.#api.report(message.id, reason, this.#state.username ?? '');
    if (await askReason({ content: message.content, onReport })) this.#tell(words.report.sent);
  }
}
