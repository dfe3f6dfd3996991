/* Comings and goings: handshakes, idle connections, a storm of joins, a storm of resumes. */

/* opt.count handshakes, opt.concurrency at a time; each goes as soon as it has been let in. */
static void run_handshakes(void) {
    uint64_t begun = now_ns(), until = begun + (uint64_t)(opt.limit * 1e9);
    double cpu = server_cpu(), own = own_cpu();
    size_t done = 0, next = 0;
    struct histogram *took = zeroed(1, sizeof *took);
    while (done < conn_count && !any_fault()) {
        while (next < conn_count && connecting_count < (size_t)opt.concurrency)
            dial(&conns[next++]);
        turn(100000000);
        for (size_t at = done; at < next; at++) {
            if (conns[at].state != READY) continue;
            note(took, turn_time - conns[at].begun);
            hang_up(&conns[at]);
        }
        while (done < next && conns[done].state == AWAY) done++;
        if (turn_time > until)
            fault(CLOSED, "%zu handshakes were not done within %g s", conn_count - done, opt.limit);
    }
    double seconds = (double)(now_ns() - begun) / 1e9;
    printf("\"handshakes\": %zu, \"seconds\": %.3f, \"per_s\": %.1f, \"cpu_ms_each\": %.4f"
           ", \"load_cpu_s\": %.3f", done, seconds, (double)done / seconds,
           (server_cpu() - cpu) * 1e3 / (double)(done ? done : 1), own_cpu() - own);
    print_latency("", took);
}

static void idle_for(double seconds) {
    uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < until && !any_fault()) turn(100000000);
}

static void run_idle(void) {
    long before = server_rss_kb(), parts_before[MOST_PARTS];
    double cpu_before[MOST_PARTS], cpu_in[MOST_PARTS], cpu_after[MOST_PARTS];
    for (int at = 0; at < part_count; at++) parts_before[at] = rss_kb_of(parts[at]);
    read_parts(cpu_before);
    double took = bring_in(0, conn_count);
    /* What the last ones still bring with them is theirs. */
    if (part_count) idle_for(1);
    read_parts(cpu_in);
    idle_for(opt.seconds);
    read_parts(cpu_after);
    long after = server_rss_kb();
    printf("\"connections\": %zu, \"connected_s\": %.3f, \"rss_before_kb\": %ld, \"rss_after_kb\":"
           " %ld, \"kb_each\": %.3f", ready_count, took, before, after,
           (double)(after - before) / (double)(ready_count ? ready_count : 1));
    print_parts(cpu_before, cpu_in);
    for (int at = 0; at < part_count; at++)
        printf(", \"part_%d_idle_cpu_s\": %.6f, \"part_%d_rss_kb\": %ld", at,
               cpu_after[at] - cpu_in[at], at, rss_kb_of(parts[at]) - parts_before[at]);
    if (ready_count < conn_count) fault(CLOSED, "%zu did not stay", conn_count - ready_count);
}

static uint64_t frames_of(const struct conn *c) {
    return c->lists + c->joins + c->others;
}

static uint64_t all_frames(void) {
    uint64_t sum = 0;
    for (size_t at = 0; at < conn_count; at++) sum += frames_of(&conns[at]);
    return sum;
}

static int by_frames(const void *one, const void *other) {
    uint64_t a = frames_of(one), b = frames_of(other);
    return a < b ? -1 : a > b;
}

/* opt.count more come into a room of opt.members; the newcomers are the last connections. */
static void run_joins(void) {
    size_t old = conn_count - (size_t)opt.count;
    double cpu, took, quiet = 1.5;
    uint64_t begun, last_change, seen, most_lists = 0;
    bring_in(0, old);
    idle_for(quiet);
    for (size_t at = 0; at < old; at++)
        conns[at].lists = conns[at].joins = conns[at].others = conns[at].bytes = 0;
    begun = now_ns();
    cpu = server_cpu();
    took = bring_in(old, (size_t)opt.count);
    last_change = now_ns();
    seen = all_frames();
    /* Over is it when nobody has heard anything for a while. */
    while (!any_fault() && now_ns() - last_change < (uint64_t)(quiet * 1e9)) {
        turn(100000000);
        if (all_frames() != seen) last_change = now_ns();
        seen = all_frames();
        if (now_ns() - begun > (uint64_t)(opt.limit * 1e9)) fault(LOST, "no end of the storm");
    }
    cpu = server_cpu() - cpu;
    qsort(conns, old, sizeof *conns, by_frames);
    for (size_t at = 0; at < old; at++)
        if (conns[at].lists > most_lists) most_lists = conns[at].lists;
    printf("\"members\": %zu, \"joins\": %d, \"joined_s\": %.3f, \"over_s\": %.3f, \"cpu_s\": %.3f"
           ", \"frames_min\": %" PRIu64 ", \"frames_median\": %" PRIu64 ", \"frames_max\": %" PRIu64
           ", \"lists_max\": %" PRIu64 ", \"bytes_median\": %" PRIu64, old, opt.count, took,
           (double)(last_change - begun) / 1e9, cpu, frames_of(&conns[0]),
           frames_of(&conns[old / 2]), frames_of(&conns[old - 1]), most_lists,
           conns[old / 2].bytes);
}

/* The statements that the server has read with so far, where opt.path is a file that counts. */
static uint64_t counted_reads(void) {
    uint64_t count = 0;
    FILE *file = fopen(opt.path, "rb");
    if (!file) return 0;
    if (fread(&count, sizeof count, 1, file) != 1) count = 0;
    fclose(file);
    return count;
}

static bool has_all(const struct conn *c) {
    return c->messages == rooms[c->room].sent;
}

/* Everybody but each room's speaker is cut off at once, misses opt.missed messages, comes back. */
static void run_resume(void) {
    struct histogram *took = zeroed(1, sizeof *took);
    double connected = bring_in(0, conn_count), seconds = 0;
    bool whole;
    for (int at = 0; at < 10; at++)
        for (size_t s = 0; s < speaker_count; s++) speak(speakers[s], now_ns());
    for (size_t s = 0; s < speaker_count; s++) flush(speakers[s]);
    must_drain(&whole);
    size_t gone = 0, back = 0, cut = conn_count - speaker_count;
    for (size_t at = 0; at < conn_count; at++)
        if (conns[at].sender < 0) hang_up(&conns[at]);
    for (int at = 0; at < opt.missed && !any_fault(); at++) {
        for (size_t s = 0; s < speaker_count; s++) {
            speak(speakers[s], now_ns());
            flush(speakers[s]);
        }
        turn(1000000);
    }
    for (bool waiting = true; waiting && !any_fault();) {
        turn(100000000);
        waiting = false;
        for (size_t s = 0; s < speaker_count; s++) waiting |= !has_all(speakers[s]);
    }
    idle_for(1);
    uint64_t begun = now_ns(), until = begun + (uint64_t)(opt.limit * 1e9), next_word = begun;
    double cpu = server_cpu();
    bool *counted = zeroed(conn_count, sizeof *counted);
    uint64_t reads = counted_reads();
    for (size_t at = 0; at < conn_count && !any_fault(); at++)
        if (conns[at].sender < 0) dial(&conns[at]), gone++;
    while (back < cut && !any_fault()) {
        turn(10000000);
        for (size_t at = 0; at < conn_count; at++)
            if (!counted[at] && conns[at].sender < 0 && conns[at].state == READY &&
                has_all(&conns[at])) {
                counted[at] = true;
                back++;
                note(took, turn_time - begun);
            }
        /* Life goes on: a message a room and a tenth of a second. */
        if (turn_time >= next_word) {
            next_word = turn_time + SECOND / 10;
            for (size_t s = 0; s < speaker_count; s++) {
                speak(speakers[s], now_ns());
                flush(speakers[s]);
            }
        }
        if (turn_time > until)
            fault(LOST, "%zu of %zu were not back with everything within %g s", cut - back, gone,
                  opt.limit);
    }
    seconds = (double)(now_ns() - begun) / 1e9;
    cpu = server_cpu() - cpu;
    reads = counted_reads() - reads;
    must_drain(&whole);
    check_ends();
    printf("\"connections\": %zu, \"rooms\": %d, \"missed_each\": %d, \"connected_s\": %.3f"
           ", \"seconds\": %.3f, \"cpu_s\": %.3f, \"reads\": %" PRIu64, cut, opt.rooms, opt.missed,
           connected, seconds, cpu, reads);
    print_latency("", took);
}
