#include <string.h>

#include "CImageCodecs.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// All of it is whole numbers: neither the order of additions nor the kind of instructions shows anywhere.
enum { SPLIT = 11, PRECISION = 22, HALF = 1 << (PRECISION - 1) };

// Samples that are summed at a time. Both passes sum sixteen that stand side by side: of a row, or of one
// pixel in each of four rows.
enum { SAMPLES = 16, LINES = 4 };

static int32_t weight(const int16_t *pairs, size_t tap) {
    const int16_t *pair = pairs + tap / 2 * 4 + tap % 2;
    return pair[0] * (1 << SPLIT) + pair[2];
}

static uint8_t level(int32_t sum) {
    int32_t value = sum >> PRECISION;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

#if defined(__SSE2__)

// The processor multiplies 16-bit numbers in pairs and adds the products: two pixels with two halves of
// weights at once.
typedef struct Sums {
    __m128i upper[4];
    __m128i lower[4];
} Sums;

static inline void clear(Sums *sums) { memset(sums, 0, sizeof *sums); }

// Two 16-bit numbers, again and again.
static inline __m128i both(const int16_t *halves) {
    int32_t bits;
    memcpy(&bits, halves, sizeof bits);
    return _mm_set1_epi32(bits);
}

static inline void add(
    Sums *sums, const uint8_t *first, const uint8_t *second, const int16_t *pair) {
    const __m128i zero = _mm_setzero_si128();
    const __m128i upper = both(pair), lower = both(pair + 2);
    __m128i one = _mm_loadu_si128((const __m128i *)first);
    __m128i other = _mm_loadu_si128((const __m128i *)second);
    __m128i near = _mm_unpacklo_epi8(one, other), far = _mm_unpackhi_epi8(one, other);
    __m128i parts[4] = {
        _mm_unpacklo_epi8(near, zero), _mm_unpackhi_epi8(near, zero),
        _mm_unpacklo_epi8(far, zero), _mm_unpackhi_epi8(far, zero)};
    for (int part = 0; part < 4; part++) {
        sums->upper[part] = _mm_add_epi32(sums->upper[part], _mm_madd_epi16(parts[part], upper));
        sums->lower[part] = _mm_add_epi32(sums->lower[part], _mm_madd_epi16(parts[part], lower));
    }
}

static inline void write_levels(const Sums *sums, uint8_t *target) {
    __m128i values[4];
    for (int part = 0; part < 4; part++) {
        __m128i sum = _mm_add_epi32(_mm_slli_epi32(sums->upper[part], SPLIT), sums->lower[part]);
        values[part] = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(HALF)), PRECISION);
    }
    __m128i near = _mm_packs_epi32(values[0], values[1]);
    __m128i far = _mm_packs_epi32(values[2], values[3]);
    _mm_storeu_si128((__m128i *)target, _mm_packus_epi16(near, far));
}

#else

typedef struct Sums {
    int32_t values[SAMPLES];
} Sums;

static inline void clear(Sums *sums) {
    for (int at = 0; at < SAMPLES; at++) sums->values[at] = HALF;
}

static inline void add(
    Sums *sums, const uint8_t *first, const uint8_t *second, const int16_t *pair) {
    int32_t one = weight(pair, 0), other = weight(pair, 1);
    for (int at = 0; at < SAMPLES; at++) sums->values[at] += first[at] * one + second[at] * other;
}

static inline void write_levels(const Sums *sums, uint8_t *target) {
    for (int at = 0; at < SAMPLES; at++) target[at] = level(sums->values[at]);
}

#endif

// ---- Rows -----------------------------------------------------------------------------------

// Four rows side by side: the first pixel of each, then the second. A pixel has four bytes, of which the
// last counts for nothing.
static void interleave(const uint8_t *const rows[LINES], size_t width, uint8_t *wide) {
    for (size_t column = 0; column + 1 < width; column++) {
        for (int line = 0; line < LINES; line++) {
            memcpy(wide + column * SAMPLES + line * 4, rows[line] + column * 3, 4);
        }
    }
    for (int line = 0; line < LINES; line++) {
        memcpy(wide + (width - 1) * SAMPLES + line * 4, rows[line] + (width - 1) * 3, 3);
    }
}

static void resample_lines(
    const uint8_t *wide, const CICResampleAxis *axis, uint8_t *const targets[LINES]) {
    for (size_t column = 0; column < axis->count; column++) {
        const uint8_t *from = wide + (size_t)axis->starts[column] * SAMPLES;
        const int16_t *pairs = axis->weights + column * axis->pairs * 4;
        Sums sums;
        clear(&sums);
        for (size_t pair = 0; pair < axis->pairs; pair++, from += 2 * SAMPLES) {
            add(&sums, from, from + SAMPLES, pairs + pair * 4);
        }
        uint8_t levels[SAMPLES];
        write_levels(&sums, levels);
        for (int line = 0; line < LINES; line++) {
            uint8_t *to = targets[line] + column * 3;
            // The fourth byte is the next pixel's first, which is written after it.
            if (column + 1 < axis->count) {
                memcpy(to, levels + line * 4, 4);
            } else {
                memcpy(to, levels + line * 4, 3);
            }
        }
    }
}

void cic_resample_columns(
    const uint8_t *pixels, size_t width, size_t height, const CICResampleAxis *axis,
    uint8_t *wide, uint8_t *target) {
    memset(wide, 0, (width + axis->pairs * 2) * SAMPLES);
    for (size_t row = 0; row < height; row += LINES) {
        const uint8_t *rows[LINES];
        uint8_t *targets[LINES];
        for (size_t line = 0; line < LINES; line++) {
            // Where rows run out the last one is made again.
            size_t place = row + line < height ? row + line : height - 1;
            rows[line] = pixels + place * width * 3;
            targets[line] = target + place * axis->count * 3;
        }
        interleave(rows, width, wide);
        resample_lines(wide, axis, targets);
    }
}

// ---- Columns --------------------------------------------------------------------------------

void cic_resample_rows(
    const uint8_t *pixels, size_t row_length, size_t height, const CICResampleAxis *axis,
    const uint8_t **rows, uint8_t *target) {
    for (size_t row = 0; row < axis->count; row++) {
        const int16_t *pairs = axis->weights + row * axis->pairs * 4;
        for (size_t tap = 0; tap < axis->pairs * 2; tap++) {
            size_t from = (size_t)axis->starts[row] + tap;
            // Taps past the last row have no weight.
            rows[tap] = pixels + (from < height ? from : height - 1) * row_length;
        }
        uint8_t *to = target + row * row_length;
        size_t at = 0;
        for (; at + SAMPLES <= row_length; at += SAMPLES) {
            Sums sums;
            clear(&sums);
            for (size_t pair = 0; pair < axis->pairs; pair++) {
                add(&sums, rows[pair * 2] + at, rows[pair * 2 + 1] + at, pairs + pair * 4);
            }
            write_levels(&sums, to + at);
        }
        for (; at < row_length; at++) {
            int32_t sum = HALF;
            for (size_t tap = 0; tap < axis->pairs * 2; tap++) {
                sum += rows[tap][at] * weight(pairs, tap);
            }
            to[at] = level(sum);
        }
    }
}
