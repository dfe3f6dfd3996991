/* SHA-1 and base64 of one short text: what a WebSocket handshake is answered with (RFC 6455, 4.2.2). */
#include <stdint.h>
#include <string.h>

static uint32_t turned(uint32_t value, int by) {
    return value << by | value >> (32 - by);
}

/* `text` has at most 119 bytes, so that it fills two blocks. */
static void sha1(const char *text, size_t length, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[128] = {0};
    size_t count = length < 56 ? 1 : 2;
    memcpy(blocks, text, length);
    blocks[length] = 0x80;
    for (int at = 0; at < 8; at++)
        blocks[count * 64 - 1 - (size_t)at] = (uint8_t)((uint64_t)length * 8 >> (8 * at));
    for (size_t block = 0; block < count; block++) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int t = 0; t < 16; t++) {
            const uint8_t *p = blocks + block * 64 + t * 4;
            w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int t = 16; t < 80; t++) w[t] = turned(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        for (int t = 0; t < 80; t++) {
            uint32_t f = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                         : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                         : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                  : (b ^ c ^ d) + 0xca62c1d6;
            uint32_t next = turned(a, 5) + f + e + w[t];
            e = d;
            d = c;
            c = turned(b, 30);
            b = a;
            a = next;
        }
        h[0] += a;
        h[1] += b;
        h[2] += c;
        h[3] += d;
        h[4] += e;
    }
    for (int at = 0; at < 20; at++) digest[at] = (uint8_t)(h[at / 4] >> (24 - 8 * (at % 4)));
}

/* The `Sec-WebSocket-Accept` of a key of 24 characters: 28 characters and a zero. */
static void accept_of(const char *key, char answer[29]) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[60];
    uint8_t digest[21] = {0};
    memcpy(text, key, 24);
    memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    sha1(text, 60, digest);
    for (int at = 0; at < 7; at++) {
        uint32_t three = (uint32_t)digest[at * 3] << 16 | (uint32_t)digest[at * 3 + 1] << 8 |
                         digest[at * 3 + 2];
        for (int six = 0; six < 4; six++) answer[at * 4 + six] = letters[three >> (18 - 6 * six) & 63];
    }
    answer[27] = '=';
    answer[28] = 0;
}
