// A TIFF file in memory, as libtiff reads it: what the functions for its description and its pixels share.
#ifndef C_IMAGE_CODECS_TIFF_FILE_H
#define C_IMAGE_CODECS_TIFF_FILE_H

#include <tiffio.h>

#include "CImageCodecs.h"

// All that a read needs.
typedef struct TIFFReader {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    TIFF *tiff;
    CICMessage *message;
    // CIC_OK until libtiff reports an error.
    CICStatus status;
    // Whether libtiff asked for bytes after the last one.
    int past_end;
} TIFFReader;

// The first page, and how its pixels lie in the file.
typedef struct TIFFLayout {
    uint32_t width;
    uint32_t height;
    uint16_t photometric;
    uint16_t compression;
    uint16_t samples;
    // Samples of a pixel that are colours; at most one more follows them.
    uint16_t colors;
    uint16_t bits;
    CICSampleKind kind;
    CICExtraSample extra;
    int has_planes;
    uint16_t orientation;
    // The size of a strip or tile in pixels.
    uint32_t block_width;
    uint32_t block_height;
    int is_tiled;
    // What a block that is not in the file has.
    int has_nodata;
    double nodata;
} TIFFLayout;

// How to make a file that is read of one in another compression.
extern const char *const CIC_TIFF_REWRITE;

// Opens the file; its `tiff` must be closed if that succeeds.
CICStatus cic_tiff_open(TIFFReader *reader, const uint8_t *bytes, size_t length, CICMessage *message);

// The status of a call of libtiff that failed; `otherwise` is the reason if libtiff gave none.
CICStatus cic_tiff_failure(TIFFReader *reader, const char *otherwise);

// Reads and checks all that is said before the pixels.
CICStatus cic_tiff_read_layout(TIFFReader *reader, uint64_t max_pixels, TIFFLayout *layout);

#endif
