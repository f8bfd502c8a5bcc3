// PNG files of one bit per pixel, as masks are stored.
#ifndef BITS_H
#define BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether a file is plain: one bit of gray, no filter, no interlace, every checksum right. Its rows are in
// `pixels` then, the first pixel in a byte's lowest bit; else these are unspecified, and libpng knows what
// to say of the file.
bool cic_png_read_plain_bits(
    const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length);

#endif
