/* The check: each receiver gets every message of its room, in order, exactly once.
 *
 * Servers send the same bytes to everybody in a room. The first to receive a message has its frame
 * taken apart and kept in the room's log; everybody else's bytes are compared with the log, which
 * costs a fraction of what sending them does. Where they differ (a list of people in between, a
 * server that writes to each something else) the frame is taken apart as well. Whoever leaves the
 * order of the log is from then on checked by each sender's counter alone. */

struct entry {
    uint64_t end, sent;
    uint32_t sender, counter;
};

struct room {
    uint8_t *bytes;
    struct entry *entries;
    uint64_t size, count; /* of the log so far, in bytes and messages */
    uint64_t delivered, sent, version;
    uint32_t *next; /* the counter that the log expects from each of its senders */
};

static struct room *rooms;
static uint64_t log_bytes, log_entries; /* room in the logs: powers of two */
static uint32_t room_senders;           /* senders of each room */
static uint64_t delivered, echoes;
static struct histogram latency, echo_latency;
static bool measuring;
static uint64_t message_bytes, message_frames;

static inline struct entry *entry_at(struct room *r, uint64_t index) {
    return &r->entries[index & (log_entries - 1)];
}

static inline uint64_t start_of(struct room *r, uint64_t index) {
    return index ? entry_at(r, index - 1)->end : 0;
}

static inline void arrived(struct conn *c, struct room *r, uint32_t sender, uint64_t sent) {
    delivered++;
    r->delivered++;
    c->messages++;
    uint64_t took = turn_time > sent ? turn_time - sent : 0;
    if (measuring) note(&latency, took);
    if ((int32_t)sender == c->sender) {
        c->in_flight--;
        echoes++;
        if (measuring) note(&echo_latency, took);
    }
}

/* From here on `c` is checked by the senders' counters. */
static void diverge(struct conn *c, struct room *r) {
    if (c->diverged) return;
    c->diverged = true;
    if (!c->next) c->next = zeroed(room_senders, sizeof *c->next);
    memcpy(c->next, r->next, room_senders * sizeof *c->next);
    for (uint64_t index = r->count; index-- > c->index;)
        c->next[entry_at(r, index)->sender % room_senders] = entry_at(r, index)->counter;
}

static void by_counter(struct conn *c, struct room *r, const struct mark *mark) {
    uint32_t *next = &c->next[mark->sender % room_senders];
    if (mark->counter == *next) {
        (*next)++;
    } else if (mark->counter > *next) {
        fault(LOST, "connection %u of room %u: sender %u went on with %u, expected was %u",
              c->number, c->room, mark->sender, mark->counter, *next);
        c->gap_sender = mark->sender;
        c->gap_from = *next;
        c->gap_to = mark->counter;
        *next = mark->counter + 1;
    } else if (mark->sender == c->gap_sender && mark->counter >= c->gap_from &&
               mark->counter < c->gap_to) {
        faults[LOST]--;
        if (!strncmp(first_fault, "lost", 4)) first_fault[0] = 0;
        fault(REORDERED, "connection %u of room %u: sender %u, number %u came late", c->number,
              c->room, mark->sender, mark->counter);
        c->gap_from = c->gap_to;
    } else {
        fault(DOUBLED, "connection %u of room %u: sender %u, number %u came again", c->number,
              c->room, mark->sender, mark->counter);
        return;
    }
    arrived(c, r, mark->sender, mark->sent);
}

static void keep(struct room *r, const struct mark *mark, const uint8_t *frame, size_t size) {
    uint64_t at = r->size & (log_bytes - 1), first = log_bytes - at;
    if (first > size) first = size;
    memcpy(r->bytes + at, frame, first);
    memcpy(r->bytes, frame + first, size - first);
    r->size += size;
    *entry_at(r, r->count++) = (struct entry){r->size, mark->sent, mark->sender, mark->counter};
    r->next[mark->sender % room_senders] = mark->counter + 1;
}

/* A message frame that was taken apart; `version` is 0 where the server has none. */
static void on_message(struct conn *c, const struct mark *mark, uint64_t version,
                       const uint8_t *frame, size_t size) {
    struct room *r = &rooms[c->room];
    message_bytes += size;
    message_frames++;
    if (mark->sender / room_senders != c->room) {
        fault(STRAY, "connection %u of room %u got a message of sender %u", c->number, c->room,
              mark->sender);
        return;
    }
    if (version && c->diverged && version != c->version + 1 && c->version)
        fault(REORDERED, "room %u: version %" PRIu64 " after %" PRIu64, c->room, version,
              c->version);
    if (!c->diverged && c->index < r->count) {
        struct entry *e = entry_at(r, c->index);
        if (e->sender == mark->sender && e->counter == mark->counter) {
            c->index++;
            c->at = e->end;
            arrived(c, r, mark->sender, mark->sent);
            return;
        }
        diverge(c, r);
        if (!strcmp(opt.order, "total") && mark->counter == c->next[mark->sender % room_senders])
            fault(REORDERED, "connection %u of room %u got sender %u's %u where others got"
                  " sender %u's %u", c->number, c->room, mark->sender, mark->counter, e->sender,
                  e->counter);
    } else if (!c->diverged) {
        if (mark->counter == r->next[mark->sender % room_senders]) {
            if (version && version != r->version + 1 && r->version)
                fault(REORDERED, "room %u: version %" PRIu64 " after %" PRIu64, c->room, version,
                      r->version);
            r->version = version;
            keep(r, mark, frame, size);
            c->index++;
            c->at = r->size;
            arrived(c, r, mark->sender, mark->sent);
            return;
        }
        diverge(c, r);
    }
    if (version) c->version = version;
    by_counter(c, r, mark);
}

/* Take from `data` what the room's log has next for `c`; how many bytes that was. */
static size_t follow_log(struct conn *c, struct room *r, const uint8_t *data, size_t size) {
    size_t taken = 0;
    if (r->count - c->index >= log_entries || r->size - c->at >= log_bytes)
        die("connection %u of room %u is too far behind for the log", c->number, c->room);
    while (taken < size && c->index < r->count) {
        struct entry *e = entry_at(r, c->index);
        uint64_t left = e->end - c->at, at = c->at & (log_bytes - 1);
        if (left > size - taken) left = size - taken;
        if (left > log_bytes - at) left = log_bytes - at;
        if (memcmp(r->bytes + at, data + taken, left)) break;
        taken += left;
        c->at += left;
        if (c->at == e->end) {
            c->index++;
            arrived(c, r, e->sender, e->sent);
        }
    }
    return taken;
}

static void on_frame(struct conn *c, const uint8_t *frame, size_t size, size_t head);

/* The bytes of a WebSocket, however the network cut them. */
static void on_stream(struct conn *c, const uint8_t *data, size_t size) {
    struct room *r = &rooms[c->room];
    while (size && c->fd >= 0) {
        size_t head = 0, whole;
        if (!c->part_size && !c->diverged) {
            size_t taken = follow_log(c, r, data, size);
            data += taken;
            size -= taken;
            if (!size) return;
            /* What was compared of a frame that turns out to be another. */
            for (uint64_t from = start_of(r, c->index); from < c->at; from++)
                keep_part(c, r->bytes + (from & (log_bytes - 1)), 1);
            c->at = start_of(r, c->index);
        }
        if (c->part_size) {
            whole = frame_size(c->part, c->part_size, &head);
            size_t wanted = whole ? whole - c->part_size : 1;
            if (wanted > size) wanted = size;
            keep_part(c, data, wanted);
            data += wanted;
            size -= wanted;
            whole = frame_size(c->part, c->part_size, &head);
            if (!whole || whole > c->part_size) continue;
            c->part_size = 0;
            on_frame(c, c->part, whole, head);
        } else {
            whole = frame_size(data, size, &head);
            if (!whole || whole > size) {
                keep_part(c, data, size);
                return;
            }
            on_frame(c, data, whole, head);
            data += whole;
            size -= whole;
        }
    }
}
