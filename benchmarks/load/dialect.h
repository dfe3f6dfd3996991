/* What the servers speak: how one comes in, says something, and what the frames mean.
 *
 * parlour, seed: the paths and frames of Parlour's protocol; ws: a plain relay with the seed's
 * frames; raw: whatever is sent comes back; socketio: Socket.IO 4 over its WebSocket transport. */

static bool is_parlour, is_seed, is_socketio, is_raw;
static uint64_t run_id;

static void choose_dialect(void) {
    is_parlour = !strcmp(opt.dialect, "parlour");
    is_seed = !strcmp(opt.dialect, "seed");
    is_socketio = !strcmp(opt.dialect, "socketio");
    is_raw = !strcmp(opt.dialect, "raw");
    if (!is_parlour && !is_seed && !is_socketio && !is_raw && strcmp(opt.dialect, "ws"))
        die("no dialect is called %s", opt.dialect);
}

static void name_of(const struct conn *c, char *to, size_t size) {
    bool joiner = !strcmp(opt.mode, "joins") && c->number >= conn_count - (size_t)opt.count;
    if (c->sender >= 0) snprintf(to, size, "s%d", c->sender);
    else if (joiner) snprintf(to, size, "joiner%u", c->number);
    else snprintf(to, size, "reader%u", c->number % (uint32_t)opt.people);
}

static void on_open(struct conn *c) {
    char text[512], name[32];
    int size;
    if (c->http) {
        is_ready(c);
        return;
    }
    name_of(c, name, sizeof name);
    if (is_socketio)
        size = snprintf(text, sizeof text, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n");
    else if (is_parlour && c->sender < 0 && !strcmp(opt.mode, "resume"))
        size = snprintf(text, sizeof text,
                        "GET /ws/chat/%u?username=%s&after=%" PRIu64 " HTTP/1.1\r\n",
                        opt.first_room + c->room, name, c->version);
    else
        size = snprintf(text, sizeof text, "GET /ws/chat/%u?username=%s HTTP/1.1\r\n",
                        opt.first_room + c->room, name);
    size += snprintf(text + size, sizeof text - (size_t)size,
                     "Host: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n", opt.port);
    memcpy(reserve(c, (size_t)size), text, (size_t)size);
}

/* One message of `c`, stamped with `sent`; flush() sends it. */
static void say(struct conn *c, uint64_t sent) {
    char text[1400], content[1024];
    int size;
    write_content(content, (uint32_t)c->sender, c->counter, sent);
    int length = opt.content;
    if (is_parlour)
        /* With a client_id, as Parlour's page sends it. */
        size = snprintf(text, sizeof text,
                        "{\"type\":\"message\",\"content\":\"%.*s\",\"client_id\":\"%x-%u\"}",
                        length, content, (uint32_t)run_id, c->counter);
    else if (is_raw)
        size = snprintf(text, sizeof text,
                        "{\"type\":\"message\",\"message\":{\"id\":%u,\"room_id\":1,\"username\":"
                        "\"s%d\",\"content\":\"%.*s\",\"timestamp\":\"2026-01-31T12:00:00.000000\"}}",
                        c->counter, c->sender, length, content);
    else if (is_socketio)
        size = snprintf(text, sizeof text, "42[\"message\",{\"content\":\"%.*s\"}]", length, content);
    else
        size = snprintf(text, sizeof text, "{\"type\":\"message\",\"content\":\"%.*s\"}", length,
                        content);
    queue_frame(c, 1, text, (size_t)size);
    c->counter++;
    c->in_flight++;
    rooms[c->room].sent++;
}

/* The number behind the first `"version":`. */
static uint64_t version_in(const char *text, size_t size) {
    const char *found = find(text, size, "\"version\":");
    return found ? strtoull(found + 10, NULL, 10) : 0;
}

static void on_sync(struct conn *c, const char *text, size_t size) {
    if (find(text, size, "\"reset\":true"))
        fault(LOST, "connection %u of room %u was told to reset", c->number, c->room);
    diverge(c, &rooms[c->room]);
    uint64_t stands = version_in(text, size);
    struct mark mark;
    for (const char *at = text; (at = find(at, size - (size_t)(at - text), MARK));) {
        if (!read_content(at, size - (size_t)(at - text), &mark)) {
            fault(CORRUPTED, "connection %u of room %u, in a sync", c->number, c->room);
            return;
        }
        by_counter(c, &rooms[c->room], &mark);
        at += opt.content;
    }
    c->version = stands;
}

static void on_other(struct conn *c, const char *text, size_t size) {
    if (is_socketio) {
        if (size == 1 && text[0] == '2') queue_frame(c, 1, "3", 1);
        else if (text[0] == '0') queue_frame(c, 1, "40", 2);
        else if (size >= 2 && !memcmp(text, "40", 2)) {
            char words[128], name[32];
            name_of(c, name, sizeof name);
            int length = snprintf(words, sizeof words,
                                  "42[\"join\",{\"room\":%u,\"username\":\"%s\"}]",
                                  opt.first_room + c->room, name);
            queue_frame(c, 1, words, (size_t)length);
        } else if (find(text, size, "\"joined\"") && c->state == GREETING) is_ready(c);
        else c->others++;
        return;
    }
    size_t first = size < 80 ? size : 80;
    if (find(text, first, "\"user_list\"")) {
        c->lists++;
        if (c->state == GREETING) is_ready(c);
    } else if (find(text, first, "\"join\"")) {
        c->joins++;
    } else if (find(text, first, "\"sync\"")) {
        on_sync(c, text, size);
    } else if (find(text, first, "\"error\"")) {
        fault(REFUSED, "%.*s", size < 300 ? (int)size : 300, text);
    } else if (find(text, first, "\"message\"")) {
        fault(CORRUPTED, "connection %u of room %u got a message without a mark: %.*s", c->number,
              c->room, size < 200 ? (int)size : 200, text);
    } else {
        c->others++;
    }
}

static void on_frame(struct conn *c, const uint8_t *frame, size_t size, size_t head) {
    const char *text = (const char *)frame + head;
    size_t length = size - head;
    struct mark mark;
    if (frame[0] == 0x89) {
        queue_frame(c, 10, text, length);
        return;
    }
    if (frame[0] == 0x8a) return;
    if (frame[0] == 0x88) {
        unsigned code = length >= 2 ? (unsigned)(frame[head] << 8 | frame[head + 1]) : 1005;
        fault(CLOSED, "connection %u of room %u was closed with %u", c->number, c->room, code);
        hang_up(c);
        c->state = GONE;
        return;
    }
    if (frame[0] != 0x81 || frame[1] & 0x80) {
        fault(CORRUPTED, "connection %u of room %u: a frame begins with %02x %02x", c->number,
              c->room, frame[0], frame[1]);
        return;
    }
    const char *found = find(text, length, MARK);
    if (!found || (is_parlour && find(text, length < 40 ? length : 40, "\"sync\""))) {
        on_other(c, text, length);
    } else if (!read_content(found, length - (size_t)(found - text), &mark)) {
        fault(CORRUPTED, "connection %u of room %u: %.*s", c->number, c->room, opt.content, found);
    } else if (is_parlour && find(text, length, "\"repeated\":true")) {
        fault(DOUBLED, "a message was taken for a repeated one");
    } else {
        on_message(c, &mark, is_parlour ? version_in(text, length) : 0, frame, size);
    }
}

static void on_bytes(struct conn *c, const uint8_t *data, size_t size);

/* The answer to the handshake, and what follows it in the same segment. */
static void on_answer(struct conn *c, const uint8_t *data, size_t size) {
    keep_part(c, data, size);
    uint8_t *end = memmem(c->part, c->part_size, "\r\n\r\n", 4);
    if (!end) {
        if (c->part_size > 16384) broken(c, "no end of the handshake");
        return;
    }
    if (c->part_size < 12 || memcmp(c->part + 9, "101", 3)) {
        fault(REFUSED, "the handshake was answered with %.12s", (char *)c->part);
        hang_up(c);
        c->state = GONE;
        return;
    }
    size_t rest = c->part_size - (size_t)(end + 4 - c->part);
    uint8_t *copy = memcpy(grow(NULL, rest + 1), end + 4, rest);
    c->part_size = 0;
    c->state = GREETING;
    if (is_raw || !strcmp(opt.dialect, "ws")) is_ready(c);
    if (rest) on_stream(c, copy, rest);
    free(copy);
}
