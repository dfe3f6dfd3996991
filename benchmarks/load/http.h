/* HTTP on a connection that is kept alive: posts of messages, and a page asked again and again. */

static struct histogram page_latency;
static uint64_t answered;

static void post(struct conn *c, uint64_t stamp) {
    char content[1024], body[1400], text[2048];
    write_content(content, (uint32_t)c->sender, c->counter, stamp);
    int length = snprintf(body, sizeof body, "{\"content\":\"%.*s\",\"client_id\":\"%x-%u\"}",
                          opt.content, content, (uint32_t)run_id, c->counter);
    int size = snprintf(text, sizeof text,
                        "POST /api/chat/rooms/%u/messages?username=s%d HTTP/1.1\r\n"
                        "Host: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n%s",
                        opt.first_room + c->room, c->sender, opt.port, length, body);
    memcpy(reserve(c, (size_t)size), text, (size_t)size);
    c->counter++;
    c->in_flight = 1;
    c->begun = stamp;
    rooms[c->room].sent++;
    sent_total++;
    flush(c);
}

/* The status of the whole answer at `text`, or 0 while it is not whole; -1 when it is none. */
static int whole_answer(const char *text, size_t size) {
    const char *end = find(text, size, "\r\n\r\n");
    if (!end) return 0;
    int status = atoi(text + 9);
    size_t head = (size_t)(end + 4 - text), length = 0;
    for (const char *line = text; line < end; line = find(line, size, "\r\n") + 2)
        if (!strncasecmp(line, "content-length:", 15)) length = strtoul(line + 15, NULL, 10);
    if (size > head + length) return -1;
    return size == head + length ? status : 0;
}

static void on_http(struct conn *c, const uint8_t *data, size_t size) {
    keep_part(c, data, size);
    keep_part(c, (const uint8_t *)"", 1);
    c->part_size--;
    int status = whole_answer((char *)c->part, c->part_size);
    if (!status) return;
    if (status != 201)
        fault(REFUSED, "a post was answered with %.200s", (char *)c->part);
    c->part_size = 0;
    c->in_flight = 0;
    answered++;
    if (measuring) note(&page_latency, turn_time - c->begun);
}

static void on_bytes(struct conn *c, const uint8_t *data, size_t size) {
    if (c->http) on_http(c, data, size);
    else if (c->state == UPGRADING) on_answer(c, data, size);
    else on_stream(c, data, size);
}

static int page_connection(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    struct timeval patience = {.tv_sec = (time_t)opt.limit};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect: %s", strerror(errno));
    return fd;
}

/* The status of one page. A connection that the server has closed as idle is made again: that is
 * its right between two pages, and a server that hangs for seconds takes its own delay for ours. */
static int ask_page(int *fd, const char *ask, size_t length) {
    static char text[8192];
    for (int attempt = 0; attempt < 3; attempt++) {
        size_t size = 0;
        int status = 0;
        ssize_t got = send(*fd, ask, length, MSG_NOSIGNAL);
        while (got > 0 && !status && size < sizeof text - 1) {
            got = recv(*fd, text + size, sizeof text - 1 - size, 0);
            if (got > 0) size += (size_t)got;
            text[size] = 0;
            if (got > 0) status = whole_answer(text, size);
        }
        if (status || size || (got < 0 && errno == EAGAIN)) return status;
        close(*fd);
        *fd = page_connection();
    }
    return 0;
}

/* Ask for opt.path every opt.pause seconds, over one connection. */
static void run_probe(void) {
    char ask[256];
    int fd = page_connection();
    int length = snprintf(ask, sizeof ask, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                          opt.path, opt.port);
    uint64_t begun = now_ns(), until = begun + (uint64_t)(opt.seconds * 1e9);
    while (now_ns() < until && !any_fault()) {
        uint64_t asked = now_ns();
        int status = ask_page(&fd, ask, (size_t)length);
        if (!status) fault(CLOSED, "%s was not answered", opt.path);
        else if (status != 200) fault(REFUSED, "%s was answered with %d", opt.path, status);
        note(&page_latency, now_ns() - asked);
        usleep((useconds_t)(opt.pause * 1e6));
    }
    printf("\"asked\": %" PRIu64, page_latency.total);
    print_latency("", &page_latency);
}

/* Posts beside readers, through the same saturated phase. */
static void run_posts(void) {
    bring_in(0, conn_count);
    printf("\"phases\": [");
    phase("saturated", true);
    uint64_t until = now_ns() + (uint64_t)(opt.drain * 1e9);
    while (answered < sent_total && !any_fault() && now_ns() < until) turn(100000000);
    if (answered < sent_total) fault(LOST, "%" PRIu64 " posts unanswered", sent_total - answered);
    check_ends();
    printf("], \"sent\": %" PRIu64 ", \"answered\": %" PRIu64, sent_total, answered);
    print_latency("post_", &page_latency);
}
