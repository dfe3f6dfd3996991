/**
 * The shapes that the front end's modules hand to one another; nothing here runs in the browser.
 *
 * Times are RFC 3339 strings in UTC as the server writes them, durations are milliseconds, versions and ids integers.
 */

/**
 * @typedef {object} Room
 * @property {number} id
 * @property {string} name
 * @property {string} created_at
 * @property {number} version  the number of durable changes the room has seen
 * @property {string} epoch  changes when the database is restored; versions of two epochs cannot be compared
 * @property {'public'|'private'|'direct'} kind
 * @property {string} topic
 * @property {number} online  people in the room now
 * @property {string|null} archived_at
 * @property {string|null} owner
 * @property {Role|null} role  one's own; null: none, or not told
 * @property {number} slow_seconds  between two messages of one person; 0: none
 * @property {number} message_count  how many were ever said there; with `unread`, as of the same moment
 * @property {number} deleted_count  how many of those were deleted, as of that moment
 * @property {number} purged_to  messages up to this id are gone: their time was over
 * @property {number|null} unread  null: one was never there, or is a guest
 * @property {number|null} mentions  those of the unread ones that are about oneself
 * @property {number|null} last_read  all up to this id is read; 0: nothing
 * @property {'all'|'mentions'|'nothing'|null} [level]  of what one is notified; null: what is usual, or not told
 */

/**
 * @typedef {object} SearchResult
 * @property {Message} message
 * @property {{id: number, name: string, kind: 'public'|'private'|'direct'}} room
 * @property {{start: number, end: number}[]} hits  in code points of the content, in order
 * @property {{start: number, end: number}[]} [forwarded_hits]  the same in what it passes on
 */

/** @typedef {'owner'|'moderator'|'member'} Role  in a room */

/** @typedef {{name: string, kind?: 'private', topic?: string}} RoomWish  a room to be made */

/**
 * @typedef {object} Member
 * @property {string} username
 * @property {string} display_name
 * @property {number|null} hue
 * @property {Role} role
 * @property {string} joined_at
 * @property {boolean} online
 * @property {string|null} muted_until
 */

/**
 * A link that leads into a room; `token` is told once, to who makes it.
 * @typedef {{id: number, token?: string, created_by: string|null, created_at: string, expires_at: string, uses_left: number}} RoomInvite
 */

/** @typedef {{room_name: string, kind: string, members: number, invited_by: string}} InvitePreview */

/**
 * @typedef {object} Message
 * @property {number} id  orders the history, never changes
 * @property {number} room_id
 * @property {string} username
 * @property {string} content
 * @property {string} timestamp
 * @property {number} version  the room's version when this message last changed
 * @property {string|null} client_id  the sender's own name for it
 * @property {boolean} guest
 * @property {number|null} reply_to
 * @property {number|null} [chain]  the message with which its chain of replies began
 * @property {{count: number, last_id: number, last_at: string}|null} [replies]  of the chain that began with it
 * @property {string|null} edited_at
 * @property {string|null} deleted_at
 * @property {Reaction[]} reactions  in the order in which each emoji came first
 * @property {FileInfo[]} files
 * @property {string[]} [mentions]
 * @property {Forwarded|null} [forwarded]
 * @property {string|null} pinned_at
 * @property {string|null} [pinned_by]  who pinned it, as they were called then
 */

/**
 * What a message passes on of another one.
 *
 * @typedef {object} Forwarded
 * @property {number|null} message_id  null: not for everybody here to see
 * @property {number|null} room_id
 * @property {string} username
 * @property {boolean} guest
 * @property {string} timestamp
 * @property {string} content
 * @property {FileInfo[]} files
 */

/**
 * @typedef {object} SavedMessage
 * @property {number} id  rises in the order of saving
 * @property {string} saved_at
 * @property {Message} message
 * @property {SearchResult['room']} room
 */

/**
 * A message that the server is to send later.
 * @typedef {object} Scheduled
 * @property {number} id
 * @property {number} room_id
 * @property {string} content
 * @property {string} client_id
 * @property {number|null} reply_to
 * @property {FileInfo[]} files
 * @property {string} send_at
 * @property {'waiting'|'failed'} state
 * @property {{code: string, detail: string}|null} error  why it was not sent
 */

/**
 * What a message brings along.
 * @typedef {object} FileInfo
 * @property {string} id
 * @property {string} name
 * @property {string} type  the media type
 * @property {number} size  bytes
 * @property {number|null} width  pixels, of an image
 * @property {number|null} height
 * @property {string} alt  words for who does not see it
 * @property {{width: number, height: number}|null} [thumbnail]
 */

/** The same on its way: `key` is its name in this browser, without `id` the server has not got it, with '' not any more. @typedef {Omit<FileInfo, 'id'> & {key: string, id: string|null}} PendingFile */

/** What a message said at some time; a gap in the numbers says that others are not kept. @typedef {{number: number, content: string, timestamp: string}} Wording */
/** @typedef {{emoji: string, count: number, usernames: string[]}} Reaction  `usernames`: the first of them */

/** @typedef {{id: number, emoji: string, username: string, guest: boolean, created_at: string}} Reactor  who reacted */

/**
 * A message that the server has not confirmed.
 * @typedef {object} PendingMessage
 * @property {string} client_id
 * @property {number} room_id
 * @property {string} username  the name it was written under; it is never sent under another
 * @property {number|null} [account]  the id of the account it was written with; without one it is a guest's
 * @property {string} content
 * @property {number} [reply_to]
 * @property {PendingFile[]} [files]
 * @property {string} created_at
 * @property {'sending'|'failed'} status
 * @property {string|null} error  the code of the refusal, when it failed
 * @property {string} [detail]  the server's words for it
 */

/** @typedef {PendingMessage & {seq: number}} OutboxRecord  seq orders the records of all tabs */

/**
 * What everybody may see of an account.
 * @typedef {object} Profile
 * @property {string} username
 * @property {string} display_name
 * @property {string} about
 * @property {string|null} time_zone  an IANA name
 * @property {string} status_text
 * @property {number|null} hue  of the avatar, 0 to 359; null: the one of the name
 * @property {string|null} [avatar]  names the picture that stands in its place, until there is another one
 * @property {string} created_at
 */

/** @typedef {Profile & {id: number, role: 'member'|'administrator', read_receipts: boolean}} User  an account, as its own person sees it */

/**
 * A login, as its own person sees it.
 * @typedef {{id: string, created_at: string, last_seen_at: string, address: string, user_agent: string, current: boolean}} Login
 */

/**
 * A ban or a mute that holds; without `until` for good.
 * @typedef {{username: string, guest: boolean, until: string|null, reason: string, created_by: string|null, created_at: string}} Restriction
 */

/** @typedef {Restriction & {id: number}} ServerBan */

/**
 * What somebody said about a message, which stands here as it was then.
 * @typedef {object} Report
 * @property {number} id
 * @property {number} room_id
 * @property {string} room_name
 * @property {number} message_id
 * @property {string} message_username
 * @property {boolean|null} message_guest null where it is not known
 * @property {string} message_content
 * @property {string} message_timestamp
 * @property {string} reporter
 * @property {boolean} reporter_guest
 * @property {string} reason
 * @property {string} created_at
 * @property {string|null} resolved_at
 * @property {string|null} resolved_by
 */

/**
 * An account as those see it who run the server.
 * @typedef {object} AdminUser
 * @property {number} id
 * @property {string} username
 * @property {string} display_name
 * @property {'member'|'administrator'} role
 * @property {string} created_at
 * @property {string|null} disabled_at
 * @property {number} sessions
 * @property {string|null} last_seen_at
 */

/**
 * A room as they see it.
 * @typedef {object} AdminRoom
 * @property {number} id
 * @property {string} name
 * @property {'public'|'private'} kind
 * @property {string} topic
 * @property {string} created_at
 * @property {string|null} archived_at
 * @property {string|null} owner
 * @property {number} members
 * @property {number} messages
 * @property {number|null} retention_days its own rule
 */

/**
 * Who may come in; `fixed` names what is set where the server is started.
 * @typedef {{registration: 'open'|'invite'|'closed', guests: 'on'|'off', retention_days: number, fixed: string[]}} Policy
 */

/** For how many days (0: for ever): as it holds; the room's rule; the server's. @typedef {{days: number, own: number|null, longer: boolean, server: number}} RoomRetention */

/** What would be taken away by a rule of the server. @typedef {{days: number, rooms: number, messages: number, held_rooms: number, held_messages: number}} RetentionPreview */

/** What is held. @typedef {{id: number, kind: 'server'|'room'|'person', room_id: number|null, username: string|null, name: string, reason: string, created_by: string, created_at: string}} LegalHold */

/** @typedef {{kind: 'server'|'room'|'person', room_id?: number, username?: string, reason: string}} HoldWish */

/**
 * An act of power over others.
 * @typedef {object} AuditEntry
 * @property {number} id
 * @property {string} at
 * @property {string} actor
 * @property {boolean} actor_guest
 * @property {string} action
 * @property {number|null} room_id
 * @property {string} subject
 * @property {boolean|null} subject_guest null where it is nobody, or not known
 * @property {{[name: string]: any}} detail
 * @property {string} hash
 */

/** @typedef {{p50: number|null, p99: number|null, bounds: number[], counts: number[]}} Timing  seconds */

/**
 * How a node fares; what counts up does so from the start of its process.
 * @typedef {object} Status
 * @property {string} version
 * @property {string} started_at
 * @property {number} uptime  seconds
 * @property {string|null} node
 * @property {{id: string, host: string}[]} nodes
 * @property {number} connections
 * @property {number|null} connections_limit
 * @property {number} people
 * @property {number} rooms
 * @property {number} messages
 * @property {number} deliveries
 * @property {Timing} commits
 * @property {Timing} telling
 * @property {Timing} lag
 * @property {{writes: number, reads: number, passwords: number, searches: number, uploads: number, jobs: number}} waiting
 * @property {{[code: string]: number}} refusals
 * @property {{[reason: string]: number}} faults
 * @property {{[outcome: string]: number}} jobs
 * @property {number} memory_bytes
 * @property {number} cpu_seconds
 * @property {{kind: 'sqlite'|'postgresql', bytes: number, log_bytes: number|null, files_bytes: number}|null} database
 * @property {{bytes: number, free_bytes: number}|null} disk
 * @property {'ok'|'away'|'none'} broker
 */

/**
 * What a link brought: to an account, to the first administrator, into a room.
 * @typedef {{kind: 'invite'|'setup'|'join', token: string}} Invitation
 */

/** @typedef {{username: string, message_id: number}} Receipt  how far somebody has read */

/** @typedef {'login'|'rooms'|'chat'|'directory'|'saved'|'scheduled'|'administration'} Screen */
/** @typedef {'loading'|'ready'|'error'} LoadStatus */
/** @typedef {'offline'|'connecting'|'reconnecting'|'open'|'caughtup'|'closed'} ConnectionStatus */
/** @typedef {'older'|'newer'} Direction */

/**
 * A line in the log that says who came or went; it stands behind the message `afterId` (null: before all).
 * @typedef {{id: string, kind: 'join'|'leave', username: string, guest: boolean, timestamp: string, afterId: number|null}} PresenceLine
 */

/** @typedef {{username: string, until: number}} Typing  `until` is a time of the clock that applyEvent was given */
/** @typedef {{kind: 'roomDeleted'|'refused', code: string, text: string}} Notice  takes the place of the chat pane */
/**
 * Why one may not write here now, and until when by the clock that applyEvent was given (null: until told otherwise).
 * @typedef {{code: string, until: number|null}} Hold
 */
/** @typedef {{id: number, offset: number}} Anchor  the topmost visible message and its distance from the pane's top, px */

/**
 * Everything the page knows. `applyEvent` alone changes it; see state.js for how.
 * @typedef {object} State
 * @property {string|null} username
 * @property {User|null} user  the account behind the name; null: a guest, or nobody
 * @property {boolean} isEnded  the account's session is over, and the page waits for its person to sign in again
 * @property {Invitation|null} invitation  not used yet
 * @property {Room|null} currentRoom
 * @property {WebSocket|null} websocket
 * @property {Room[]} rooms  in order of creation
 * @property {Message[]} messages  the window: at most 300 neighbours of the room's history, by id
 * @property {string[]} users
 * @property {string[]} guests
 * @property {PendingMessage[]} pending  of the current room, in the order of writing
 * @property {Typing[]} typing
 * @property {Hold|null} hold  in the current room
 * @property {Screen} screen
 * @property {LoadStatus} roomsStatus
 * @property {LoadStatus} historyStatus
 * @property {boolean} hasOlder  the history goes on before the window
 * @property {boolean} hasNewer  the history goes on after the window
 * @property {boolean} loadingOlder
 * @property {boolean} loadingNewer
 * @property {boolean} olderFailed
 * @property {number|null} newFrom  the first unread message: the "New" line stands before it
 * @property {number} unseen  messages of others that arrived while the reader did not look at the end
 * @property {PresenceLine[]} events
 * @property {ConnectionStatus} connection
 * @property {number} version  everything up to this version is in the window, or outside the window's ends
 * @property {string|null} epoch
 * @property {boolean} atBottom  the reader looks at the end of the window
 * @property {boolean} visible  the tab is in front
 * @property {number} lastRead  id of the newest message the reader has had before their eyes; 0: none
 * @property {number} latestId  highest message id known in the current room
 * @property {Notice|null} notice
 * @property {Receipt[]} receipts  how far others have read the current room, where they let one know
 * @property {{busy: boolean, error: string|null}} login
 */

/**
 * What applyEvent asks its caller to do; the state itself does nothing.
 * @typedef {object} Effect
 * @property {null|'resync'|'history'|'list'} need  `resync`: subscribe with `after`; `history`: the window is void, read it again; `list`: the list
 * @property {string[]} stored  client_ids of own messages that the server has
 * @property {Message[]} arrived  new messages of others, as they came live or by a sync
 */

/**
 * A page of history as the API gives it.
 * @typedef {{messages: Message[], version: number, epoch: string|null}} HistoryPage
 */

/**
 * A frame of the server: `type` and the fields of that type.
 * @typedef {{type: string, [field: string]: any}} Frame
 */

/**
 * The clock as an argument, so that tests need not sleep.
 * @typedef {object} Clock
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now  milliseconds since some moment; setting the computer's clock does not touch it
 * @property {() => number} date  milliseconds since 1970, as the computer's clock has it
 * @property {() => number} random  in [0, 1)
 */

/**
 * What the server tells the page about itself, in `<meta name="parlour-config">`.
 * @typedef {object} Config
 * @property {number} maxMessageLength
 * @property {number} [maxFileSize]  bytes; none: not told
 * @property {boolean} [guestFiles]  people without an account may send files
 * @property {number} editWindow  how long one may edit and delete one's own messages; 0: for ever
 * @property {number} maxUsernameLength
 * @property {number} maxRoomNameLength
 * @property {number} minPasswordLength
 * @property {boolean} guests  people may come in without an account
 * @property {'open'|'invite'|'closed'} registration
 * @property {string} version
 */

/**
 * A view as app.js sees it.
 * @typedef {{update: (data: any) => void, destroy: () => void, [method: string]: any}} View
 */

export {};
