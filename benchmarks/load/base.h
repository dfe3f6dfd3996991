/* Options, time, and the faults that make a run count for nothing. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull

/* All options are `name=value`; an unknown name is refused. */
static struct {
    const char *mode, *dialect, *order, *phases, *tail, *path;
    /* Of several nodes that are one server: `8001,8002`; who is where (dial()); processes. */
    const char *ports, *place, *parts;
    double seconds, warmup, drain, stall, limit, rate, pause;
    int port, pid, core, first_room, rooms, members, senders, window, posters, content, concurrency;
    int count, missed;
    int people; /* readers share so many names, as windows of the same people do */
} opt = {
    .mode = "room", .dialect = "parlour", .order = "total", .phases = "one,saturated",
    .tail = "must", .path = "/healthz", .ports = "", .place = "spread", .parts = "", .seconds = 2, .warmup = 0.5, .drain = 20,
    .stall = 15, .limit = 60, .rate = 0, .pause = 0.02, .port = 0, .pid = 0, .core = -1, .first_room = 1,
    .rooms = 1, .members = 10, .senders = 1, .window = 64, .posters = 0, .content = 64,
    .concurrency = 64, .count = 1000, .missed = 50, .people = 1,
};

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void die(const char *words, ...) {
    va_list args;
    va_start(args, words);
    fprintf(stderr, "load: ");
    vfprintf(stderr, words, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(2);
}

static void *grow(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory) die("no memory for %zu bytes", size);
    return memory;
}

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) die("no memory for %zu bytes", count * size);
    return memory;
}

/* Faults: each kind is counted, the first is told in words. */
enum fault { LOST, DOUBLED, REORDERED, CORRUPTED, STRAY, CLOSED, REFUSED, FAULTS };
static const char *const fault_names[FAULTS] = {
    "lost", "doubled", "reordered", "corrupted", "stray", "closed", "refused",
};
static uint64_t faults[FAULTS];
static char first_fault[400];

static void fault(enum fault kind, const char *words, ...) {
    faults[kind]++;
    if (first_fault[0]) return;
    va_list args;
    va_start(args, words);
    int at = snprintf(first_fault, sizeof first_fault, "%s: ", fault_names[kind]);
    vsnprintf(first_fault + at, sizeof first_fault - (size_t)at, words, args);
    va_end(args);
    /* It goes into a JSON string as it stands. */
    for (char *c = first_fault; *c; c++)
        if (*c == '"' || *c == '\\') *c = '\'';
        else if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '?';
}

static bool any_fault(void) {
    for (int kind = 0; kind < FAULTS; kind++)
        if (faults[kind]) return true;
    return false;
}

#define MOST_PARTS 8
static int ports[MOST_PARTS], parts[MOST_PARTS];
static int port_count, part_count;

/* Read `1,2,3`; how many there are. */
static int read_list(const char *text, int *to) {
    int count = 0;
    for (char *end; *text; text = *end == ',' ? end + 1 : end) {
        if (count == MOST_PARTS) die("more than %d in %s", MOST_PARTS, text);
        to[count++] = (int)strtol(text, &end, 10);
        if (end == text || (*end && *end != ',')) die("what is %s?", text);
    }
    return count;
}

static void read_lists(void) {
    port_count = read_list(opt.ports, ports);
    part_count = read_list(opt.parts, parts);
}

static size_t read_file(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(text, 1, size - 1, file) : 0;
    if (file) fclose(file);
    text[got] = 0;
    return got;
}

/* CPU seconds of a process, in ticks of the system's clock. */
static double ticks_of(int pid) {
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    read_file(path, text, sizeof text);
    char *after = strrchr(text, ')');
    if (after)
        sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* The same of all that it has started too, to the nanosecond where the kernel tells: a program of
 * which a second takes a few milliseconds is seen. */
static double tree_cpu(int pid) {
    char path[96], text[4096];
    double sum = 0;
    bool exact = false;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        int id = atoi(task->d_name);
        if (!id) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, id);
        if (read_file(path, text, sizeof text)) {
            exact = true;
            sum += (double)strtoull(text, NULL, 10) / 1e9;
        }
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, id);
        read_file(path, text, sizeof text);
        for (char *at = text, *end; *at; at = end) {
            long child = strtol(at, &end, 10);
            if (end == at) break;
            sum += tree_cpu((int)child);
        }
    }
    if (tasks) closedir(tasks);
    return exact ? sum : sum + ticks_of(pid);
}

static void read_parts(double *to) {
    for (int at = 0; at < part_count; at++) to[at] = tree_cpu(parts[at]);
}

/* CPU seconds of the server, or of all its parts; zero without `pid`. */
static double server_cpu(void) {
    double each[MOST_PARTS], sum = 0;
    if (!part_count) return opt.pid ? ticks_of(opt.pid) : 0;
    read_parts(each);
    for (int at = 0; at < part_count; at++) sum += each[at];
    return sum;
}

static void print_parts(const double *before, const double *after) {
    for (int at = 0; at < part_count; at++)
        printf(", \"part_%d_cpu_s\": %.6f", at, after[at] - before[at]);
}

/* The seconds for which the servers' core did anything, for anybody; 0 when it is not known. */
static double core_busy(void) {
    char line[512], name[16];
    unsigned long v[8] = {0};
    double busy = 0;
    FILE *file = opt.core < 0 ? NULL : fopen("/proc/stat", "r");
    if (!file) return 0;
    snprintf(name, sizeof name, "cpu%d ", opt.core);
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)) &&
            sscanf(line, "%*s %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5,
                   v + 6, v + 7) == 8)
            /* All but idle (3) and waiting for a disk (4). */
            busy = (double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
    fclose(file);
    return busy;
}

/* Resident kB of a process; zero without one. */
static long rss_kb_of(int pid) {
    char path[64], text[256];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    if (pid && read_file(path, text, sizeof text)) sscanf(text, "%*d %ld", &pages);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long server_rss_kb(void) {
    return rss_kb_of(opt.pid);
}

static double own_cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* A histogram of nanoseconds, 32 steps for each power of two: right to 3 %. */
struct histogram {
    uint64_t counts[64 * 32], total, most;
};

static inline void note(struct histogram *h, uint64_t value) {
    unsigned slot = (unsigned)value;
    if (value >= 64) {
        unsigned top = 63 - (unsigned)__builtin_clzll(value);
        slot = (top - 4) * 32 + (unsigned)((value >> (top - 5)) & 31);
    }
    h->counts[slot]++;
    h->total++;
    if (value > h->most) h->most = value;
}

static double quantile_us(const struct histogram *h, double part) {
    uint64_t wanted = (uint64_t)((double)h->total * part), seen = 0;
    for (unsigned slot = 0; slot < 64 * 32; slot++) {
        seen += h->counts[slot];
        if (h->counts[slot] && seen > wanted) {
            if (slot < 64) return slot / 1e3;
            return (double)((32ull + slot % 32) << (slot / 32 - 1)) / 1e3;
        }
    }
    return (double)h->most / 1e3;
}
