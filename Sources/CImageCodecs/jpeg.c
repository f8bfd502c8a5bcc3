#include <stdbool.h>
#include <string.h>
#include <turbojpeg.h>

#include "CImageCodecs.h"
#include "status.h"

// TurboJPEG measures files in unsigned long.
static bool fits(const uint8_t *bytes, size_t length) {
    return bytes != NULL && length > 0 && length == (unsigned long)length;
}

// Whether the marker that ends a JPEG picture is there. libjpeg makes one up at the end of a short
// file, so its absence would otherwise pass for a warning.
static bool has_end(const uint8_t *bytes, size_t length) {
    size_t at = 2;
    while (at + 1 < length) {
        if (bytes[at] != 0xFF) {
            const uint8_t *next = memchr(bytes + at, 0xFF, length - at);
            if (next == NULL) return false;
            at = (size_t)(next - bytes);
            continue;
        }
        uint8_t marker = bytes[at + 1];
        if (marker == 0xD9) return true;
        if (marker == 0xFF) {
            at += 1;
        } else if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += 2;
        } else {
            if (at + 3 >= length) return false;
            at += 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
        }
    }
    return false;
}

static CICStatus truncated(CICMessage *message) {
    return cic_fail(CIC_TRUNCATED, message, "the JPEG file ends before the picture does");
}

// The frame header's marker (0xC0 and others) and bits per sample; 0 if there is none before the data.
static uint8_t find_frame(const uint8_t *bytes, size_t length, uint8_t *bits) {
    for (size_t at = 2; at + 4 < length && bytes[at] == 0xFF;) {
        uint8_t marker = bytes[at + 1];
        bool is_frame = (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
            || marker == 0xF7;
        if (is_frame) {
            *bits = bytes[at + 4];
            return marker;
        }
        if (marker == 0xDA || marker == 0xD9) return 0;
        at += marker == 0xFF ? 1 : 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return 0;
}

// What a valid file is that libjpeg-turbo does not read as 8-bit samples; CIC_OK if it may be read.
static CICStatus check_frame(const uint8_t *bytes, size_t length, CICMessage *message) {
    uint8_t bits = 8, marker = find_frame(bytes, length, &bits);
    const char *lossless =
        "convert it, for example with libjpeg-turbo 3: djpeg -pnm IN.jpg > OUT.ppm; convert OUT.ppm OUT.png";
    switch (marker) {
        case 0xF7:
            return cic_refuse(
                message, "JPEG-LS, which is not read",
                "convert it, for example: pip install imagecodecs tifffile; python3 -c \"import sys, imagecodecs as i, "
                "tifffile as t; t.imwrite(sys.argv[2], i.imread(sys.argv[1]))\" IN.jls OUT.tif");
        case 0xC3:
        case 0xCB: return cic_refuse(message, "lossless JPEG, which is not read", lossless);
        case 0xC5:
        case 0xC6:
        case 0xC7:
        case 0xCD:
        case 0xCE:
        case 0xCF: return cic_refuse(message, "hierarchical JPEG, which is not read", lossless);
        default: break;
    }
    if (marker == 0 || (bits != 12 && bits != 16)) return CIC_OK;
    char text[80];
    snprintf(text, sizeof text, "JPEG of %u bits per sample; those of 8 are read", bits);
    return cic_refuse(message, text, "convert it, for example: gdal_translate -ot UInt16 -of PNG IN.jpg OUT.png");
}

// The header of an open file. Restrictions on the sampling of the channels do not count: TurboJPEG
// has no names for some samplings and calls that an error, but decodes them all the same.
static CICStatus find_header(
    tjhandle handle, const uint8_t *bytes, size_t length, CICJPEGHeader *header,
    CICMessage *message) {
    CICStatus status = check_frame(bytes, length, message);
    if (status != CIC_OK) return status;
    int width = 0, height = 0, sampling = -1, space = -1;
    int result = tjDecompressHeader3(
        handle, bytes, (unsigned long)length, &width, &height, &sampling, &space);
    bool found = width >= 1 && height >= 1 && space >= 0;
    if (!found && !has_end(bytes, length)) return truncated(message);
    if (!found) {
        const char *text = result == 0 ? "no picture in the file" : tjGetErrorStr2(handle);
        return cic_fail(CIC_DAMAGED, message, text);
    }
    header->width = (uint32_t)width;
    header->height = (uint32_t)height;
    switch (space) {
    case TJCS_GRAY: header->channels = 1; return CIC_OK;
    case TJCS_RGB:
    case TJCS_YCbCr: header->channels = 3; return CIC_OK;
    case TJCS_CMYK:
    case TJCS_YCCK: header->channels = 4; return CIC_OK;
    default: return cic_refuse(
        message, "a JPEG colour space that is not read",
        "convert it, for example: convert IN.jpg -colorspace sRGB OUT.png");
    }
}

CICStatus cic_jpeg_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICJPEGHeader *header,
    CICMessage *message) {
    if (!fits(bytes, length)) return cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
    tjhandle handle = tjInitDecompress();
    if (handle == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    CICJPEGHeader found;
    CICStatus status = find_header(handle, bytes, length, &found, message);
    tjDestroy(handle);
    if (status != CIC_OK) return status;
    status = cic_check_size(found.width, found.height, max_pixels, message);
    if (status == CIC_OK) *header = found;
    return status;
}

// Warnings of libjpeg after which every pixel is what the file says.
static bool is_harmless(const char *warning) {
    return strstr(warning, "extraneous bytes before marker") != NULL
        || strstr(warning, "Unknown Adobe color transform") != NULL
        || strstr(warning, "unknown JFIF revision") != NULL;
}

static CICStatus decode_pixels(
    tjhandle handle, const uint8_t *bytes, size_t length, const CICJPEGHeader *header,
    uint8_t *pixels, CICMessage *message) {
    int format = header->channels == 1 ? TJPF_GRAY : header->channels == 3 ? TJPF_RGB : TJPF_CMYK;
    int result = tjDecompress2(
        handle, bytes, (unsigned long)length, pixels, (int)header->width, 0, (int)header->height,
        format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (result == 0) return CIC_OK;
    const char *text = tjGetErrorStr2(handle);
    if (tjGetErrorCode(handle) == TJERR_WARNING && is_harmless(text)) return CIC_OK;
    bool ends_early = strstr(text, "remature end") != NULL;
    return cic_fail(ends_early ? CIC_TRUNCATED : CIC_DAMAGED, message, text);
}

// A handle serves one file: it keeps the tables of the last one, which would then stand in for those
// that a damaged file lacks. Making one takes a thousandth of what decoding takes.
static CICStatus decode(
    tjhandle handle, const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length,
    CICMessage *message) {
    CICJPEGHeader header;
    CICStatus status = find_header(handle, bytes, length, &header, message);
    if (status != CIC_OK) return status;
    if (pixels_length != (uint64_t)header.width * header.height * header.channels) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "the pixel buffer has another size");
    }
    if (!has_end(bytes, length)) return truncated(message);
    return decode_pixels(handle, bytes, length, &header, pixels, message);
}

CICStatus cic_jpeg_decode(
    const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length,
    CICMessage *message) {
    if (!fits(bytes, length)) return cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
    tjhandle handle = tjInitDecompress();
    if (handle == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    CICStatus status = decode(handle, bytes, length, pixels, pixels_length, message);
    tjDestroy(handle);
    return status;
}

CICStatus cic_jpeg_decode_bare(
    const uint8_t *bytes, const size_t *offsets, size_t count, uint8_t *pixels,
    size_t pixels_length, CICMessage *message) {
    tjhandle handle = tjInitDecompress();
    if (handle == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    CICStatus status = CIC_OK;
    for (size_t index = 0; status == CIC_OK && index < count; index++) {
        const uint8_t *file = bytes + offsets[index];
        size_t length = offsets[index + 1] - offsets[index];
        CICJPEGHeader header;
        status = fits(file, length) ? find_header(handle, file, length, &header, message)
                                    : cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
        if (status != CIC_OK) break;
        status = (uint64_t)header.width * header.height * header.channels > pixels_length
            ? cic_fail(CIC_INVALID_ARGUMENT, message, "the pixel buffer is too small")
            : decode_pixels(handle, file, length, &header, pixels, message);
    }
    tjDestroy(handle);
    return status;
}

size_t cic_jpeg_encode_bound(uint32_t width, uint32_t height) {
    if (width == 0 || height == 0 || width > 65535 || height > 65535) return 0;
    unsigned long bound = tjBufSize((int)width, (int)height, TJSAMP_420);
    return bound == (unsigned long)-1 ? 0 : bound;
}

CICStatus cic_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t *file,
    size_t capacity, size_t *file_length, CICMessage *message) {
    if (pixels == NULL || file == NULL || file_length == NULL || quality < 1 || quality > 100) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "a null pointer, or quality not in 1...100");
    }
    size_t bound = cic_jpeg_encode_bound(width, height);
    if (bound == 0) {
        return cic_fail(CIC_TOO_LARGE, message, "JPEG holds at most 65535 pixels per side");
    }
    if (capacity < bound) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "the file buffer is too small");
    }
    tjhandle handle = tjInitCompress();
    if (handle == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    unsigned long written = (unsigned long)capacity;
    int result = tjCompress2(
        handle, pixels, (int)width, 0, (int)height, TJPF_RGB, &file, &written, TJSAMP_420, quality,
        TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT);
    CICStatus status = CIC_OK;
    if (result == 0) {
        *file_length = written;
    } else {
        status = cic_fail(CIC_INVALID_ARGUMENT, message, tjGetErrorStr2(handle));
    }
    tjDestroy(handle);
    return status;
}
