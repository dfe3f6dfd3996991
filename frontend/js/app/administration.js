/**
 * What those ask for who look after rooms and run the server. Loaded with the first of it.
 *
 * @typedef {import('../types.js').Report} Report
 * @typedef {import('../views/admin/terms.js').Term} Term
 */

import { el } from '../dom.js';
import { OversightApi } from '../oversight.js';
import { words } from '../strings/admin.js';
import { createLog } from '../views/admin/log.js';
import { createAdministration } from '../views/admin/page.js';
import { createModeration } from '../views/admin/moderation.js';
import { createPeople } from '../views/admin/people.js';
import { createRegistration } from '../views/admin/registration.js';
import { createRetention } from '../views/admin/retention.js';
import { createReports } from '../views/admin/reports.js';
import { createAdminRooms } from '../views/admin/rooms.js';
import { askTerm } from '../views/admin/terms.js';
import { screenOf } from '../views/places/frame.js';
import { sheet } from '../views/seldom.js';
import { pageAddress } from './address.js';
import { routeTo } from './browser.js';

export class Oversight {
  #page;
  #api;

  /** @param {import('./wishes.js').Page} page */
  constructor(page) {
    this.#page = page;
    this.#api = new OversightApi(page.api);
  }

  /**
   * The page of the administration.
   *
   * @param {any} common callbacks that all screens have
   */
  makePage(common) {
    const api = this.#api;
    const { tabs } = words;
    return createAdministration(screenOf('administration'), {
      ...common,
      tabs: [
        {
          label: tabs.people,
          part: createPeople({
            me: () => this.#page.state.username,
            users: (query, options) => api.users(query, options),
            onChange: (username, changes) => api.changeUser(username, changes),
            onExport: (username) => api.exportUser(username),
            onRemove: (username, mode) => api.removeUser(username, mode),
            bans: () => api.serverBans(),
            onBan: (username, term) => api.banFromServer(username, term),
            onLift: (banId) => api.liftServerBan(banId),
          }),
        },
        {
          label: tabs.rooms,
          part: createAdminRooms({
            rooms: (page) => api.rooms(page), onGive: (roomId, username) => api.giveOwner(roomId, username), onDelete: (roomId) => api.deleteRoom(roomId),
            onHold: (roomId, reason) => api.hold({ kind: 'room', room_id: roomId, reason }), onKeep: (roomId, days) => api.keepRoom(roomId, days),
            preview: (roomId, days) => api.retention(days, roomId),
          }),
        },
        {
          label: tabs.registration,
          part: createRegistration({
            policy: () => api.policy(), onChange: (changes) => api.changePolicy(changes), invites: () => api.invites(),
            onMake: (terms) => api.invite(terms), onRevoke: (inviteId) => api.revoke(inviteId),
            address: (token) => pageAddress(`#/invite/${token}`),
          }),
        },
        {
          label: tabs.retention,
          part: createRetention({
            policy: () => api.policy(), onChange: (changes) => api.changePolicy(changes), preview: (days) => api.retention(days),
            holds: () => api.holds(), onHold: (wish) => api.hold(wish), onLift: (holdId, reason) => api.liftHold(holdId, reason),
          }),
        },
        { label: tabs.reports, part: this.#reports((page) => api.reports(page), { isServer: true }) },
        { label: tabs.status, part: this.#status() },
        { label: tabs.log, part: createLog({ entries: (options) => api.audit(options), roomName: (roomId) => this.#room(roomId)?.name ?? null }) },
      ],
    });
  }

  /** How the server fares: loaded when it is looked at for the first time. */
  #status() {
    const { clock, onTrouble } = this.#page;
    const element = el('div', { class: 'admin-part' });
    /** @type {ReturnType<typeof import('../views/admin/status.js').createStatus>|null} */
    let part = null;
    let isOver = false;
    const load = async () => {
      const [{ createStatus }] = await Promise.all([import('../views/admin/status.js'), sheet('status')]);
      if (isOver || part) return;
      part = createStatus({ clock, read: (signal) => this.#api.status(signal) });
      element.append(part.element);
      part.open();
    };
    return {
      element,
      open() {
        if (part) part.open();
        else void load().catch(onTrouble);
      },
      destroy() {
        isOver = true;
        part?.destroy();
      },
    };
  }

  /**
   * What those see who look after a room.
   *
   * @param {number} roomId
   */
  roomPart(roomId) {
    const api = this.#api;
    return createModeration({
      restrictions: (kind) => api.restrictions(roomId, kind),
      onLift: (kind, username) => api.lift(roomId, kind, username),
      onRestrict: (kind, username) => this.#restrict(roomId, kind, username),
      reports: this.#reports((page) => api.roomReports(roomId, page), { isServer: false }),
    });
  }

  /** @param {number} roomId */
  #room(roomId) {
    return this.#page.state.rooms.find(({ id }) => id === roomId);
  }

  /**
   * @param {(page: {before?: number, limit: number}) => Promise<Report[]>} reports
   * @param {{isServer: boolean}} options of the whole server, or of one room
   */
  #reports(reports, { isServer }) {
    const api = this.#api;
    return createReports({
      reports, isOfOneRoom: !isServer,
      onResolve: (report) => api.resolve(report.id),
      onDelete: (report) => api.deleteMessage(report.message_id),
      may: (report) => {
        const room = this.#room(report.room_id);
        // Those who run the server look after public rooms, and not after what others say among themselves.
        const looksAfter = isServer ? room?.kind === 'public' : room !== undefined;
        return { show: room !== undefined, delete: looksAfter, room: looksAfter, server: isServer };
      },
      onShow: (report) => {
        location.hash = routeTo(report.room_id, report.message_id);
      },
      onMute: (report) => this.#restrict(report.room_id, 'mutes', report.message_username),
      onBan: (report) => this.#restrict(report.room_id, 'bans', report.message_username),
      onBanServer: async (report) => {
        const name = report.message_username;
        const text = words.people;
        const done = await askTerm({
          title: text.banTitle(name), text: text.banText, submit: text.banSubmit, run: (/** @type {Term} */ term) => api.banFromServer(name, term),
        });
        return done ? text.banned(name) : null;
      },
    });
  }

  /**
   * @param {number} roomId
   * @param {'bans'|'mutes'} kind
   * @param {string} name
   * @returns {Promise<string|null>} what is said of it; null when it was not done
   */
  async #restrict(roomId, kind, name) {
    const text = words.room;
    const isBan = kind === 'bans';
    const done = await askTerm({
      title: isBan ? text.banTitle(name) : text.muteTitle(name),
      text: isBan ? text.banText : text.muteText,
      submit: isBan ? text.banSubmit : text.muteSubmit,
      canBeForGood: isBan,
      run: (term) => this.#api.restrict(roomId, kind, name, term),
    });
    if (!done) return null;
    return isBan ? text.banned(name) : text.muted(name);
  }
}
