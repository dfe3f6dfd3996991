/* What a message says: its sender's number, its counter, when it was sent, and a checksum. */

/* Nothing that means anything to a server, as an @ does. */
#define MARK "%%"
/* %% 6 digits . 9 digits . 19 digits . letters . 8 hexadecimal digits %% */
#define SHORTEST 50

struct mark {
    uint32_t sender, counter;
    uint64_t sent;
};

static uint32_t checksum(const char *text, size_t length) {
    uint32_t sum = 2166136261u;
    for (size_t at = 0; at < length; at++) sum = (sum ^ (uint8_t)text[at]) * 16777619u;
    return sum;
}

static void digits(char *to, int width, uint64_t value) {
    while (width--) {
        to[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void hexadecimal(char *to, uint32_t value) {
    for (int at = 7; at >= 0; at--, value >>= 4) to[at] = "0123456789abcdef"[value & 15];
}

static bool read_digits(const char *from, int width, uint64_t *value) {
    uint64_t sum = 0;
    for (int at = 0; at < width; at++) {
        unsigned digit = (unsigned)(from[at] - '0');
        if (digit > 9) return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

/* Writes opt.content characters. */
static void write_content(char *to, uint32_t sender, uint32_t counter, uint64_t sent) {
    int letters = opt.content - SHORTEST;
    memcpy(to, MARK, 2);
    digits(to + 2, 6, sender);
    to[8] = '.';
    digits(to + 9, 9, counter);
    to[18] = '.';
    digits(to + 19, 19, sent);
    to[38] = '.';
    for (int at = 0; at < letters; at++) to[39 + at] = (char)('a' + (sender + counter + at) % 26);
    char *end = to + 39 + letters;
    *end = '.';
    hexadecimal(end + 1, checksum(to + 2, (size_t)(37 + letters)));
    memcpy(end + 9, MARK, 2);
}

/* Reads what stands at `from`; false when it is not, to the byte, what write_content wrote. */
static bool read_content(const char *from, size_t left, struct mark *mark) {
    uint64_t sender, counter;
    char sum[8];
    if (left < (size_t)opt.content) return false;
    const char *end = from + opt.content - 11;
    if (!read_digits(from + 2, 6, &sender) || !read_digits(from + 9, 9, &counter) ||
        !read_digits(from + 19, 19, &mark->sent))
        return false;
    hexadecimal(sum, checksum(from + 2, (size_t)(opt.content - 13)));
    if (memcmp(end + 1, sum, 8) || memcmp(end + 9, MARK, 2)) return false;
    mark->sender = (uint32_t)sender;
    mark->counter = (uint32_t)counter;
    return true;
}

static const char *find(const char *text, size_t length, const char *word) {
    return memmem(text, length, word, strlen(word));
}
