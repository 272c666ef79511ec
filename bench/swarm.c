/* The load generator: many WebSocket connections in one thread, every frame of every connection checked.
 *
 * swarm --host H --port P --path PATH --connections N --log LOG --until SEQ --seconds S [--tickets FILE] [--sources K]
 *
 * Opens N connections (from K addresses 127.0.1.1, 127.0.1.2, ... so that 28,000 ports each are there), prints "open {json}" when all
 * have got their `hello`, then reads until every connection holds SEQ of LOG or S seconds are over, and prints a line of JSON: what was
 * delivered, gaps, duplicates, delays in microseconds (from "sent_ns", CLOCK_MONOTONIC, in the payload), CPU seconds of its own.
 * It never looks inside a frame further than its head members and sent_ns. Exit 0 if every connection was served whole. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTING, SHAKING, OPEN, CLOSED };
enum { AT_ONCE = 256, READ_BYTES = 1 << 18, BUCKETS = 1 << 21 }; /* buckets of 1 us: up to 2 s */

struct line {
    int fd, state;
    uint32_t kept, room;  /* bytes of an unfinished frame kept for the next read, and room for them */
    uint8_t *part;
    int64_t seq;          /* last seq of the log; -1 before the first */
};

static struct { const char *host, *path, *log, *tickets; int port, count, sources; int64_t until; double seconds; } want =
    { "127.0.0.1", "/ws/contest/x", "events:public", NULL, 0, 1, 1, 0, 60 };
static struct line *lines;
static char **tickets;
static int epoll, opened, failed, finished;
static uint64_t frames, bytes, delivered, gaps, duplicates;
static uint32_t *delays;
static uint8_t *in;
static char log_member[96];

static double now_s(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static int64_t now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }
static double cpu_s(void) {
    struct rusage u; getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void drop(struct line *line) {
    if (line->state == CLOSED) return;
    close(line->fd);
    line->state = CLOSED;
    failed++;
}

static void dial(int index) {
    struct line *line = &lines[index];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(want.port) };
    struct sockaddr_in from = { .sin_family = AF_INET };
    int one = 1;
    inet_pton(AF_INET, want.host, &to.sin_addr);
    from.sin_addr.s_addr = htonl(0x7f000101u + index % want.sources);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    line->seq = -1;
    if (line->fd < 0) { line->state = CLOSED; failed++; return; }
    setsockopt(line->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (want.sources > 1) bind(line->fd, (struct sockaddr *)&from, sizeof from);
    if (connect(line->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) { drop(line); return; }
    struct epoll_event event = { .events = EPOLLOUT, .data.u32 = index };
    epoll_ctl(epoll, EPOLL_CTL_ADD, line->fd, &event);
}

static void shake(int index) {
    struct line *line = &lines[index];
    char request[4096];
    const char *ticket = tickets ? tickets[index] : NULL;
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: cG9kaXVtIGJlbmNoIGtleQ==\r\nSec-WebSocket-Protocol: podium.v1%s%s\r\n\r\n",
        want.path, want.host, want.port, ticket ? ", podium.ticket." : "", ticket ? ticket : "");
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };
    epoll_ctl(epoll, EPOLL_CTL_MOD, line->fd, &event);
    line->state = SHAKING;
    if (send(line->fd, request, length, MSG_NOSIGNAL) != length) drop(line);
}

/* The number after `name` in the first `reach` bytes of a text, or -1. */
static int64_t number(const uint8_t *text, size_t length, const char *name, size_t reach) {
    const uint8_t *at = memmem(text, length < reach ? length : reach, name, strlen(name));
    return at ? strtoll((const char *)at + strlen(name), NULL, 10) : -1;
}

static void take(struct line *line, const uint8_t *text, size_t length) {
    frames++;
    if (memmem(text, length < 64 ? length : 64, "\"type\":\"hello\"", 14)) {
        if (line->state == SHAKING) { line->state = OPEN; opened++; }
        return;
    }
    if (!memmem(text, length < 64 ? length : 64, log_member, strlen(log_member))) return;
    int64_t seq = number(text, length, "\"seq\":", 96), since = number(text, length, "\"since\":", 128);
    if (memmem(text, length < 192 ? length : 192, ".snapshot\"", 10)) { line->seq = seq; }
    else {
        int64_t expected = since >= 0 ? since : seq - 1;
        if (line->seq >= 0 && seq <= line->seq) { duplicates++; return; }
        if (line->seq >= 0 && expected != line->seq) gaps++;
        line->seq = seq;
        delivered++;
        int64_t sent = number(text, length, "\"sent_ns\":", length);
        if (sent > 0) {
            int64_t us = (now_ns() - sent) / 1000;
            delays[us < 0 ? 0 : us >= BUCKETS ? BUCKETS - 1 : us]++;
        }
    }
    if (want.until && line->seq >= want.until) { finished++; line->seq = INT64_MAX; }
}

/* Takes whole frames out of [at, end); returns where the unfinished one begins, or NULL when the server closed. */
static const uint8_t *parse(struct line *line, const uint8_t *at, const uint8_t *end) {
    while (end - at >= 2) {
        uint64_t length = at[1] & 127;
        size_t head = 2;
        if (length == 126) { if (end - at < 4) break; length = at[2] << 8 | at[3]; head = 4; }
        else if (length == 127) {
            if (end - at < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | at[i];
            head = 10;
        }
        if ((uint64_t)(end - at) < head + length) break;
        int opcode = at[0] & 15;
        if (opcode == 8) return NULL;
        if (opcode == 1) take(line, at + head, length);
        at += head + length;
    }
    return at;
}

static void receive(int index) {
    struct line *line = &lines[index];
    if (line->kept) memcpy(in, line->part, line->kept);
    ssize_t got = recv(line->fd, in + line->kept, READ_BYTES - line->kept, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) drop(line); return; }
    bytes += got;
    const uint8_t *at = in, *end = in + line->kept + got;
    if (line->seq == -1 && line->state == SHAKING && *at == 'H') {
        const uint8_t *over = memmem(at, end - at, "\r\n\r\n", 4);
        if (over && memcmp(at + 9, "101", 3)) { drop(line); return; }
        at = over ? over + 4 : at;
        if (!over) goto keep;
    }
    at = parse(line, at, end);
    if (!at) { drop(line); return; }
keep:
    line->kept = end - at;
    if (line->kept > line->room) line->part = realloc(line->part, line->room = line->kept);
    if (line->kept) memcpy(line->part, at, line->kept);
    else if (line->room > 4096) { free(line->part); line->part = NULL; line->room = 0; }
}

static void poll_once(int wait_ms) {
    static struct epoll_event ready[1024];
    int count = epoll_wait(epoll, ready, 1024, wait_ms);
    for (int i = 0; i < count; i++) {
        int index = ready[i].data.u32;
        if (lines[index].state == CLOSED) continue;
        if (lines[index].state == CONNECTING) {
            if (ready[i].events & (EPOLLERR | EPOLLHUP)) drop(&lines[index]); else shake(index);
        } else receive(index);
    }
}

static int64_t percentile(double share, uint64_t total) {
    uint64_t below = 0;
    for (int i = 0; i < BUCKETS; i++) if ((below += delays[i]) >= share * total) return i;
    return -1;
}

static void read_tickets(void) {
    FILE *file = fopen(want.tickets, "r");
    size_t room = 0;
    if (!file) { perror(want.tickets); exit(2); }
    tickets = calloc(want.count, sizeof *tickets);
    for (int i = 0; i < want.count; i++) {
        if (getline(&tickets[i], &room, file) < 0) { fprintf(stderr, "swarm: fewer tickets than connections\n"); exit(2); }
        tickets[i][strcspn(tickets[i], "\n")] = 0;
        room = 0;
    }
    fclose(file);
}

static void read_arguments(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (!strcmp(name, "--host")) want.host = value;
        else if (!strcmp(name, "--port")) want.port = atoi(value);
        else if (!strcmp(name, "--path")) want.path = value;
        else if (!strcmp(name, "--connections")) want.count = atoi(value);
        else if (!strcmp(name, "--log")) want.log = value;
        else if (!strcmp(name, "--until")) want.until = atoll(value);
        else if (!strcmp(name, "--seconds")) want.seconds = atof(value);
        else if (!strcmp(name, "--tickets")) want.tickets = value;
        else if (!strcmp(name, "--sources")) want.sources = atoi(value);
        else { fprintf(stderr, "swarm: unknown argument %s\n", name); exit(2); }
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    if (want.tickets) read_tickets();
    snprintf(log_member, sizeof log_member, "\"log\":\"%s\"", want.log);
    lines = calloc(want.count, sizeof *lines);
    delays = calloc(BUCKETS, sizeof *delays);
    in = malloc(2 * READ_BYTES);
    epoll = epoll_create1(0);
    double began = now_s();
    int dialled = 0;
    while (opened + failed < want.count && now_s() - began < want.seconds) {
        while (dialled < want.count && dialled - opened - failed < AT_ONCE) dial(dialled++);
        poll_once(50);
    }
    double open_s = now_s() - began, cpu_before = cpu_s();
    printf("open {\"open\": %d, \"failed\": %d, \"open_s\": %.4f}\n", opened, failed, open_s);
    fflush(stdout);
    uint64_t bytes_before = bytes;
    began = now_s();
    while (finished + failed < want.count && now_s() - began < want.seconds) poll_once(100);
    printf("{\"connections\": %d, \"failed\": %d, \"finished\": %d, \"delivered\": %lu, \"bytes\": %lu, \"gaps\": %lu, \"duplicates\": %lu, "
           "\"p50_us\": %ld, \"p99_us\": %ld, \"seconds\": %.4f, \"swarm_cpu_s\": %.4f}\n",
           want.count, failed, finished, delivered, bytes - bytes_before, gaps, duplicates,
           percentile(.5, delivered), percentile(.99, delivered), now_s() - began, cpu_s() - cpu_before);
    return finished == want.count && !gaps && !duplicates ? 0 : 1;
}
