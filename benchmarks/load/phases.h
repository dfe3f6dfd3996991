/* Messages in rooms: one at a time, saturated, paced; each phase prints one JSON object. */

static struct conn **speakers;
static size_t speaker_count;
static uint64_t sent_total;
static double found_rate; /* messages a second of the last saturated phase */

/* Make rooms, connections and speakers; nothing is dialled yet. */
static void prepare(void) {
    int senders = opt.senders + opt.posters, per_room = opt.members + opt.posters;
    if (opt.senders > opt.members) die("more senders than members");
    room_senders = senders ? (uint32_t)senders : 1;
    log_bytes = opt.rooms == 1 ? 1 << 26 : 1 << 18;
    log_entries = opt.rooms == 1 ? 1 << 19 : 1 << 12;
    conn_count = (size_t)opt.rooms * (size_t)per_room;
    rooms = zeroed((size_t)opt.rooms, sizeof *rooms);
    conns = zeroed(conn_count, sizeof *conns);
    speakers = zeroed((size_t)opt.rooms * (size_t)senders, sizeof *speakers);
    for (int at = 0; at < opt.rooms; at++) {
        rooms[at].bytes = grow(NULL, log_bytes);
        rooms[at].entries = grow(NULL, log_entries * sizeof(struct entry));
        rooms[at].next = zeroed(room_senders, sizeof *rooms[at].next);
        for (int member = 0; member < per_room; member++) {
            struct conn *c = &conns[at * per_room + member];
            c->fd = -1;
            c->room = (uint32_t)at;
            c->number = (uint32_t)(at * per_room + member);
            c->http = member >= opt.members;
            c->sender = -1;
            if (member < opt.senders) c->sender = at * senders + member;
            if (c->http) c->sender = at * senders + opt.senders + member - opt.members;
            if (c->sender >= 0) speakers[speaker_count++] = c;
        }
    }
}

/* Dial `count` connections from `first` on, and come back when all are ready. */
static double bring_in(size_t first, size_t count) {
    uint64_t begun = now_ns(), until = begun + (uint64_t)(opt.limit * 1e9);
    size_t wanted = ready_count + count, next = first;
    while (ready_count < wanted && !any_fault()) {
        while (next < first + count && connecting_count < (size_t)opt.concurrency)
            dial(&conns[next++]);
        turn(100000000);
        if (turn_time > until)
            fault(CLOSED, "%zu of %zu connections were not let in within %g s",
                  wanted - ready_count, count, opt.limit);
    }
    return (double)(now_ns() - begun) / 1e9;
}

static uint64_t owed(void) {
    uint64_t sum = 0;
    for (int at = 0; at < opt.rooms; at++)
        sum += rooms[at].sent * (uint64_t)opt.members - rooms[at].delivered;
    return sum;
}

static void speak(struct conn *c, uint64_t stamp) {
    say(c, stamp);
    sent_total++;
}

/* Wait until everybody has everything, while it goes on at all. */
static bool drained(double limit) {
    uint64_t until = now_ns() + (uint64_t)(limit * 1e9);
    while (owed() && !any_fault()) {
        turn(100000000);
        if (turn_time > until) return false;
    }
    return true;
}

static void must_drain(bool *whole) {
    *whole = drained(opt.drain);
    if (!*whole && !any_fault() && !strcmp(opt.tail, "must"))
        fault(LOST, "%" PRIu64 " deliveries did not come within %g s", owed(), opt.drain);
}

struct reading {
    uint64_t at, delivered, echoes;
    double server, own, busy, parts[MOST_PARTS];
};

static struct reading read_clocks(void) {
    struct reading r = {now_ns(), delivered, echoes, server_cpu(), own_cpu(), core_busy(), {0}};
    read_parts(r.parts);
    return r;
}

/* One round of a phase's loop. */
static size_t one_next;
static uint64_t stalled_since, pace_from, pace_done;

static void step_one(void) {
    if (!owed()) {
        struct conn *c = speakers[one_next++ % speaker_count];
        stalled_since = now_ns();
        speak(c, stalled_since);
        flush(c);
    }
    turn(100000000);
    if (turn_time - stalled_since > (uint64_t)(opt.stall * 1e9) && owed())
        fault(LOST, "%" PRIu64 " deliveries of one message did not come within %g s", owed(),
              opt.stall);
}

static void post(struct conn *c, uint64_t stamp);

static void step_saturated(void) {
    uint64_t stamp = now_ns();
    for (size_t at = 0; at < speaker_count; at++) {
        struct conn *c = speakers[at];
        if (c->state != READY) continue;
        if (c->http) {
            if (!c->in_flight) post(c, stamp);
            continue;
        }
        /* Not more in the kernel's way than the server takes. */
        if (c->in_flight >= opt.window || c->armed) continue;
        while (c->in_flight < opt.window) speak(c, stamp);
        flush(c);
    }
    turn(100000000);
}

static void step_paced(void) {
    double rate = opt.rate > 0 ? opt.rate : found_rate / 2;
    uint64_t now = now_ns(), due = (uint64_t)((double)(now - pace_from) * rate / 1e9);
    /* The stamp is when it should have been sent: a late sender counts as latency. */
    for (; pace_done < due; pace_done++) {
        struct conn *c = speakers[pace_done % speaker_count];
        if (c->state != READY) continue;
        speak(c, pace_from + (uint64_t)((double)(pace_done + 1) * 1e9 / rate));
    }
    for (size_t at = 0; at < speaker_count; at++)
        if (speakers[at]->out_size && !speakers[at]->armed) flush(speakers[at]);
    uint64_t next = pace_from + (uint64_t)((double)(pace_done + 1) * 1e9 / rate);
    now = now_ns();
    turn(next > now ? next - now : 0);
}

static void print_latency(const char *name, const struct histogram *h) {
    printf(", \"%sp50_us\": %.1f, \"%sp99_us\": %.1f, \"%smax_us\": %.1f", name,
           quantile_us(h, 0.5), name, quantile_us(h, 0.99), name, (double)h->most / 1e3);
}

static void run_for(void (*step)(void), double seconds) {
    uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < until && !any_fault()) step();
}

static void phase(const char *name, bool first) {
    bool paced = !strcmp(name, "paced"), whole = true;
    void (*step)(void) = paced                      ? step_paced
                         : !strcmp(name, "one")       ? step_one
                         : !strcmp(name, "saturated") ? step_saturated
                                                      : NULL;
    if (!step) die("no phase is called %s", name);
    stalled_since = pace_from = now_ns();
    pace_done = 0;
    run_for(step, opt.warmup);
    memset(&latency, 0, sizeof latency);
    memset(&echo_latency, 0, sizeof echo_latency);
    measuring = true;
    struct reading before = read_clocks();
    run_for(step, opt.seconds);
    struct reading after = read_clocks();
    measuring = false;
    long rss = server_rss_kb();
    must_drain(&whole);
    double seconds = (double)(after.at - before.at) / 1e9;
    uint64_t deliveries = after.delivered - before.delivered, said = after.echoes - before.echoes;
    double cpu = after.server - before.server;
    if (!paced) found_rate = (double)said / seconds;
    printf("%s{\"phase\": \"%s\", \"seconds\": %.3f, \"messages\": %" PRIu64
           ", \"deliveries\": %" PRIu64, first ? "" : ", ", name, seconds, said, deliveries);
    printf(", \"deliveries_per_s\": %.1f, \"messages_per_s\": %.1f, \"cpu_s\": %.3f"
           ", \"us_per_delivery\": %.5f, \"load_cpu_s\": %.3f, \"rss_kb\": %ld, \"drained\": %s",
           (double)deliveries / seconds, (double)said / seconds, cpu,
           deliveries ? cpu * 1e6 / (double)deliveries : 0, after.own - before.own, rss,
           whole ? "true" : "false");
    /* What others did on the servers' core is a disturbance of the measure. */
    double others = after.busy - before.busy - cpu;
    printf(", \"others_share\": %.1f", others > 0 ? others / seconds * 100 : 0);
    print_latency("", &latency);
    print_latency("echo_", &echo_latency);
    print_parts(before.parts, after.parts);
    if (paced) printf(", \"rate\": %.1f", opt.rate > 0 ? opt.rate : found_rate / 2);
    printf("}");
}

/* Once all has come: everybody has the same number of messages, all that were sent. */
static void check_ends(void) {
    if (owed()) return;
    for (size_t at = 0; at < conn_count; at++)
        if (!conns[at].http && conns[at].messages != rooms[conns[at].room].sent)
            fault(LOST, "connection %zu has %" PRIu64 " messages of %" PRIu64, at,
                  conns[at].messages, rooms[conns[at].room].sent);
}

static void run_rooms(void) {
    char names[200];
    double took = bring_in(0, conn_count);
    fprintf(stderr, "in\n");
    printf("\"connected_s\": %.3f, \"phases\": [", took);
    snprintf(names, sizeof names, "%s", opt.phases);
    bool first = true;
    for (char *name = strtok(names, ","); name && !any_fault(); name = strtok(NULL, ",")) {
        phase(name, first);
        first = false;
    }
    check_ends();
    printf("], \"sent\": %" PRIu64 ", \"frame_bytes\": %.0f", sent_total,
           message_frames ? (double)message_bytes / (double)message_frames : 0);
}
