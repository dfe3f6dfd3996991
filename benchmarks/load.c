/* Parlour's load generator and checker: one thread, one epoll, WebSocket clients by the thousand.
 *
 * It is many times cheaper than the servers that it measures, and it checks all that it receives
 * (load/check.h). It prints one JSON object; when `faults` in it are not all zero, the figures
 * beside them count for nothing. The exit status is 0 (all checks passed), 1 (some did not) or
 * 2 (it could not run).
 *
 *     cc -O2 -o load load.c && ./load mode=room port=8000 dialect=parlour members=100
 */
#define _GNU_SOURCE
#include "load/base.h"
#include "load/content.h"
#include "load/conn.h"
#include "load/check.h"
#include "load/dialect.h"
#include "load/phases.h"
#include "load/http.h"
#include "load/storms.h"

#define TEXT(name) {#name, &opt.name, 's'}
#define WHOLE(name) {#name, &opt.name, 'i'}
#define REAL(name) {#name, &opt.name, 'd'}

static const struct {
    const char *name;
    void *place;
    char kind;
} options[] = {
    TEXT(mode), TEXT(dialect), TEXT(order), TEXT(phases), TEXT(tail), TEXT(path),
    TEXT(ports), TEXT(place), TEXT(parts),
    REAL(seconds), REAL(warmup), REAL(drain), REAL(stall), REAL(limit), REAL(rate), REAL(pause),
    WHOLE(port), WHOLE(pid), WHOLE(core), WHOLE(first_room), WHOLE(rooms), WHOLE(members), WHOLE(senders),
    WHOLE(window), WHOLE(posters), WHOLE(content), WHOLE(concurrency), WHOLE(count), WHOLE(missed),
    WHOLE(people),
};

static void read_option(const char *argument) {
    const char *value = strchr(argument, '=');
    for (size_t at = 0; value && at < sizeof options / sizeof *options; at++) {
        size_t length = strlen(options[at].name);
        if ((size_t)(value - argument) != length || strncmp(argument, options[at].name, length))
            continue;
        if (options[at].kind == 's') *(const char **)options[at].place = value + 1;
        if (options[at].kind == 'i') *(int *)options[at].place = atoi(value + 1);
        if (options[at].kind == 'd') *(double *)options[at].place = atof(value + 1);
        return;
    }
    die("what is %s?", argument);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        {"room", run_rooms},   {"posts", run_posts}, {"probe", run_probe},
        {"idle", run_idle},    {"joins", run_joins}, {"handshakes", run_handshakes},
        {"resume", run_resume},
    };
    void (*run)(void) = NULL;
    for (int at = 1; at < count; at++) read_option(arguments[at]);
    if (opt.people < 1) die("people: 1 or more");
    if (opt.content < SHORTEST || opt.content > 1000) die("content: %d to 1000", SHORTEST);
    for (size_t at = 0; at < sizeof modes / sizeof *modes; at++)
        if (!strcmp(opt.mode, modes[at].name)) run = modes[at].run;
    if (!run) die("no mode is called %s", opt.mode);
    if (strcmp(opt.place, "spread") && strcmp(opt.place, "apart")) die("place: spread or apart");
    read_lists();
    choose_dialect();
    run_id = now_ns();
    epoll = epoll_create1(0);
    if (!strcmp(opt.mode, "joins")) opt.members += opt.count;
    if (run != run_probe) prepare();
    printf("{");
    run();
    for (size_t at = 0; at < conn_count; at++) hang_up(&conns[at]);
    printf(", \"faults\": {");
    for (int kind = 0; kind < FAULTS; kind++)
        printf("%s\"%s\": %" PRIu64, kind ? ", " : "", fault_names[kind], faults[kind]);
    printf("}, \"first_fault\": \"%s\"}\n", first_fault);
    return any_fault() ? 1 : 0;
}
