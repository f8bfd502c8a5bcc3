#include <pthread.h>
#include <string.h>

#include "CChecksums.h"

// Table k: what a byte does to the CRC when k more bytes follow it. Eight tables take eight bytes per
// round.
static uint32_t tables[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        tables[0][byte] = crc;
    }
    for (int table = 1; table < 8; table++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t previous = tables[table - 1][byte];
            tables[table][byte] = previous >> 8 ^ tables[0][previous & 0xFF];
        }
    }
}

uint32_t cck_crc32c_tables(uint32_t state, const uint8_t *bytes, size_t count) {
    pthread_once(&once, make_tables);
    for (; count >= 8; count -= 8, bytes += 8) {
        uint32_t low = state ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8
                                | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        state = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF]
            ^ tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]]
            ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
    }
    for (; count > 0; count--, bytes++) {
        state = state >> 8 ^ tables[0][(uint8_t)state ^ *bytes];
    }
    return state;
}

#if defined(__x86_64__)

#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t by_instruction(
    uint32_t state, const uint8_t *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; count > 0; count--, bytes++) state = _mm_crc32_u8(state, *bytes);
    return state;
}

uint32_t cck_crc32c(uint32_t state, const uint8_t *bytes, size_t count) {
    return __builtin_cpu_supports("sse4.2") ? by_instruction(state, bytes, count)
                                            : cck_crc32c_tables(state, bytes, count);
}

#else

uint32_t cck_crc32c(uint32_t state, const uint8_t *bytes, size_t count) {
    return cck_crc32c_tables(state, bytes, count);
}

#endif
