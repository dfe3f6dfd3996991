/* Connections: non-blocking sockets in one epoll, RFC 6455 from the client's side, bytes out. */

enum state { AWAY, CONNECTING, UPGRADING, GREETING, READY, GONE };

struct conn {
    int fd, in_flight;
    enum state state;
    bool http, diverged, armed;
    int32_t sender; /* its number in the whole run, or -1 for one who only reads */
    uint32_t room, number, counter;
    /* How far it got in the room's log, in bytes and in messages. */
    uint64_t at, index;
    /* The next counter of each sender, once it is no longer in step with the log. */
    uint32_t *next;
    uint32_t gap_sender, gap_from, gap_to;
    /* The beginning of a frame whose rest has not come. */
    uint8_t *part;
    size_t part_size, part_room;
    uint8_t *out;
    size_t out_size, out_from, out_room;
    uint64_t begun, version, messages, lists, joins, others, bytes;
};

static struct conn *conns;
static size_t conn_count;
static int epoll = -1;
static uint64_t turn_time;
static size_t ready_count, connecting_count;
static uint8_t chunk[256 * 1024];

static void on_open(struct conn *c);
static void on_bytes(struct conn *c, const uint8_t *data, size_t size);

static void watch(struct conn *c, bool writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event)) die("epoll: %s", strerror(errno));
    c->armed = writing;
}

static void hang_up(struct conn *c) {
    /* A reset: nothing lingers, here or at the server. */
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    if (c->fd < 0) return;
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(c->fd);
    if (c->state == READY) ready_count--;
    if (c->state >= CONNECTING && c->state < READY) connecting_count--;
    c->fd = -1;
    c->state = AWAY;
    c->part_size = c->out_size = c->out_from = 0;
}

static void broken(struct conn *c, const char *why) {
    fault(CLOSED, "connection %u of room %u: %s", c->number, c->room, why);
    hang_up(c);
    c->state = GONE;
}

static void flush(struct conn *c) {
    while (c->out_from < c->out_size) {
        ssize_t sent = send(c->fd, c->out + c->out_from, c->out_size - c->out_from, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) {
                if (!c->armed) watch(c, true);
                return;
            }
            broken(c, strerror(errno));
            return;
        }
        c->out_from += (size_t)sent;
    }
    c->out_from = c->out_size = 0;
    if (c->armed) watch(c, false);
}

/* Queue bytes; flush() sends them. */
static uint8_t *reserve(struct conn *c, size_t size) {
    if (c->out_size + size > c->out_room) {
        c->out_room = 2 * (c->out_size + size);
        c->out = grow(c->out, c->out_room);
    }
    uint8_t *place = c->out + c->out_size;
    c->out_size += size;
    return place;
}

/* One masked frame. */
static void queue_frame(struct conn *c, uint8_t opcode, const char *payload, size_t size) {
    static uint32_t mask = 0x9e3779b9u;
    size_t head = size < 126 ? 2 : 4;
    if (size > 65535) die("a frame of %zu bytes", size);
    uint8_t *to = reserve(c, head + 4 + size);
    uint8_t key[4];
    mask = mask * 1664525u + 1013904223u;
    memcpy(key, &mask, 4);
    to[0] = 0x80 | opcode;
    to[1] = 0x80 | (uint8_t)(size < 126 ? size : 126);
    if (size >= 126) {
        to[2] = (uint8_t)(size >> 8);
        to[3] = (uint8_t)size;
    }
    memcpy(to + head, key, 4);
    for (size_t at = 0; at < size; at++) to[head + 4 + at] = (uint8_t)payload[at] ^ key[at % 4];
}

/* The length of the frame at `data`, or 0 when its head is not whole yet. */
static size_t frame_size(const uint8_t *data, size_t size, size_t *head) {
    if (size < 2) return 0;
    size_t length = data[1] & 0x7f;
    *head = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (size < *head) return 0;
    if (length >= 126) {
        length = 0;
        for (size_t at = 2; at < *head; at++) length = length << 8 | data[at];
    }
    return *head + length;
}

static void keep_part(struct conn *c, const uint8_t *data, size_t size) {
    if (c->part_size + size > c->part_room) {
        c->part_room = c->part_size + size + 512;
        c->part = grow(c->part, c->part_room);
    }
    memcpy(c->part + c->part_size, data, size);
    c->part_size += size;
}

/* Of several nodes, connections take one after the other; or, `apart`, who speaks is at the first
 * and who reads is at the last. */
static int port_of(const struct conn *c) {
    if (!port_count) return opt.port;
    if (!strcmp(opt.place, "apart")) return ports[c->sender >= 0 ? 0 : port_count - 1];
    return ports[c->number % (uint32_t)port_count];
}

static void dial(struct conn *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(c))};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event)) die("epoll: %s", strerror(errno));
    c->armed = true;
    c->state = CONNECTING;
    c->begun = now_ns();
    connecting_count++;
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        broken(c, strerror(errno));
}

static void is_ready(struct conn *c) {
    c->state = READY;
    ready_count++;
    connecting_count--;
}

static void serve(struct conn *c, uint32_t events) {
    if (c->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int wrong = 0;
        socklen_t size = sizeof wrong;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &wrong, &size);
        if (wrong) {
            broken(c, strerror(wrong));
            return;
        }
        c->state = UPGRADING;
        on_open(c);
        flush(c);
    } else if (events & EPOLLOUT) {
        flush(c);
    }
    if (c->fd < 0 || !(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
    ssize_t got = recv(c->fd, chunk, sizeof chunk, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        broken(c, got ? strerror(errno) : "the server hung up");
        return;
    }
    c->bytes += (uint64_t)got;
    turn_time = now_ns();
    on_bytes(c, chunk, (size_t)got);
    if (c->fd >= 0 && c->out_size && !c->armed) flush(c);
}

/* Wait at most `wait` ns, and serve whatever is there. */
static int turn(uint64_t wait) {
    struct epoll_event events[512];
    uint64_t ms = wait / 1000000;
    int got = epoll_wait(epoll, events, 512, ms > 100 ? 100 : (int)ms);
    turn_time = now_ns();
    for (int at = 0; at < got; at++) {
        struct conn *c = events[at].data.ptr;
        if (c->fd >= 0) serve(c, events[at].events);
    }
    return got;
}
