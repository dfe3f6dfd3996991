/* The limit of the machine: a relay in C on one epoll that stores nothing and parses nothing.
 *
 * What a member of /ws/chat/{room} sends goes to all members as it is. By default every delivery
 * is one send(), which is the price that the kernel asks of any server; with --coalesce everything
 * that a turn of the loop brought for a room goes to each member in one send().
 *
 *     cc -O2 -o epoll epoll.c && ./epoll PORT [--coalesce]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sha1.h"

#define ROOMS 65536
/* A member for whom more than this waits has stopped reading, and is cut off. */
#define MOST ((size_t)64 << 20)

struct bytes {
    uint8_t *data;
    size_t size, room;
};

struct member {
    int fd;
    bool open, writing, dead;
    uint32_t place, room;
    struct bytes in, out;
    size_t out_from;
};

static struct room {
    struct member **members;
    uint32_t count, capacity;
    struct bytes batch;
    bool dirty;
} rooms[ROOMS];
static uint32_t dirty_rooms[ROOMS], dirty_count;
static struct member **graves;
static size_t grave_count, grave_room;
static int loop;
static bool coalesce;

static void *grow(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory) abort();
    return memory;
}

static void append(struct bytes *to, const void *data, size_t size) {
    if (to->size + size > to->room) {
        to->room = 2 * (to->size + size);
        to->data = grow(to->data, to->room);
    }
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

/* Freed at the end of the turn: its room may be half told, its event may be waiting. */
static void bury(struct member *m) {
    if (m->dead) return;
    m->dead = true;
    close(m->fd);
    if (grave_count == grave_room) {
        grave_room = 2 * grave_room + 64;
        graves = grow(graves, grave_room * sizeof *graves);
    }
    graves[grave_count++] = m;
}

static void forget_the_dead(void) {
    while (grave_count) {
        struct member *m = graves[--grave_count];
        if (m->open) {
            struct room *r = &rooms[m->room];
            r->members[m->place] = r->members[--r->count];
            r->members[m->place]->place = m->place;
        }
        free(m->in.data);
        free(m->out.data);
        free(m);
    }
}

static void watch(struct member *m, bool writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = m};
    epoll_ctl(loop, EPOLL_CTL_MOD, m->fd, &event);
    m->writing = writing;
}

static void deliver(struct member *m, const void *data, size_t size) {
    if (m->dead) return;
    if (!m->out.size) {
        ssize_t sent = send(m->fd, data, size, MSG_NOSIGNAL);
        if (sent == (ssize_t)size) return;
        if (sent < 0 && errno != EAGAIN) {
            bury(m);
            return;
        }
        if (sent > 0) {
            data = (const char *)data + sent;
            size -= (size_t)sent;
        }
    }
    append(&m->out, data, size);
    if (!m->writing) watch(m, true);
    if (m->out.size > MOST) bury(m);
}

static void write_rest(struct member *m) {
    ssize_t sent = send(m->fd, m->out.data + m->out_from, m->out.size - m->out_from, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) bury(m);
        return;
    }
    m->out_from += (size_t)sent;
    if (m->out_from < m->out.size) return;
    m->out.size = m->out_from = 0;
    watch(m, false);
}

static void publish(uint32_t room, const uint8_t *payload, size_t size) {
    uint8_t head[4] = {0x81, (uint8_t)(size < 126 ? size : 126), (uint8_t)(size >> 8), (uint8_t)size};
    struct room *r = &rooms[room];
    append(&r->batch, head, size < 126 ? 2 : 4);
    append(&r->batch, payload, size);
    if (coalesce) {
        if (!r->dirty) dirty_rooms[dirty_count++] = room;
        r->dirty = true;
        return;
    }
    for (uint32_t at = 0; at < r->count; at++) deliver(r->members[at], r->batch.data, r->batch.size);
    r->batch.size = 0;
}

static void end_of_turn(void) {
    while (dirty_count) {
        struct room *r = &rooms[dirty_rooms[--dirty_count]];
        for (uint32_t at = 0; at < r->count; at++)
            deliver(r->members[at], r->batch.data, r->batch.size);
        r->batch.size = 0;
        r->dirty = false;
    }
    forget_the_dead();
}

/* A whole frame at the head of the input: its length, or 0. Clients' frames are masked. */
static size_t take_frame(struct member *m, uint8_t *data, size_t size) {
    if (size < 6) return 0;
    size_t length = data[1] & 0x7f, head = 6;
    if (length == 126) {
        length = (size_t)data[2] << 8 | data[3];
        head = 8;
    }
    if (length == 127 || !(data[1] & 0x80) || (data[0] & 15) == 8) {
        bury(m);
        return 0;
    }
    if (size < head + length) return 0;
    for (size_t at = 0; at < length; at++) data[head + at] ^= data[head - 4 + at % 4];
    if ((data[0] & 15) == 1) publish(m->room, data + head, length);
    return head + length;
}

static void welcome(struct member *m) {
    char answer[256], accept[29];
    append(&m->in, "", 1);
    m->in.size--;
    char *text = (char *)m->in.data, *key = strcasestr(text, "\r\nSec-WebSocket-Key: ");
    if (!strstr(text, "\r\n\r\n")) return;
    if (!key || strncmp(text, "GET /ws/chat/", 13)) {
        bury(m);
        return;
    }
    accept_of(key + 21, accept);
    m->room = (uint32_t)atoi(text + 13) % ROOMS;
    struct room *r = &rooms[m->room];
    if (r->count == r->capacity) {
        r->capacity = 2 * r->capacity + 8;
        r->members = grow(r->members, r->capacity * sizeof *r->members);
    }
    m->place = r->count;
    r->members[r->count++] = m;
    m->open = true;
    m->in.size = 0;
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    deliver(m, answer, (size_t)size);
}

static void read_some(struct member *m) {
    static uint8_t chunk[65536];
    ssize_t got = recv(m->fd, chunk, sizeof chunk, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) bury(m);
        return;
    }
    append(&m->in, chunk, (size_t)got);
    if (!m->open) {
        welcome(m);
        return;
    }
    size_t from = 0, taken;
    while (!m->dead && (taken = take_frame(m, m->in.data + from, m->in.size - from))) from += taken;
    memmove(m->in.data, m->in.data + from, m->in.size - from);
    m->in.size -= from;
}

int main(int count, char **arguments) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    struct epoll_event events[512], event = {.events = EPOLLIN, .data.ptr = NULL};
    int one = 1, door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (count < 2) return 2;
    coalesce = count > 2 && !strcmp(arguments[2], "--coalesce");
    at.sin_port = htons((uint16_t)atoi(arguments[1]));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(door, (struct sockaddr *)&at, sizeof at) || listen(door, 4096)) {
        perror("epoll");
        return 1;
    }
    loop = epoll_create1(0);
    epoll_ctl(loop, EPOLL_CTL_ADD, door, &event);
    for (;;) {
        int got = epoll_wait(loop, events, 512, -1);
        for (int number = 0; number < got; number++) {
            struct member *m = events[number].data.ptr;
            if (!m) {
                int fd;
                while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    m = grow(NULL, sizeof *m);
                    *m = (struct member){.fd = fd};
                    event = (struct epoll_event){.events = EPOLLIN, .data.ptr = m};
                    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
                }
                continue;
            }
            if (!m->dead && events[number].events & EPOLLOUT) write_rest(m);
            if (!m->dead && events[number].events & ~(unsigned)EPOLLOUT) read_some(m);
        }
        end_of_turn();
    }
}
