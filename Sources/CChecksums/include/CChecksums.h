// The Castagnoli CRC with the instruction that processors have for it.
#ifndef C_CHECKSUMS_H
#define C_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Continues a CRC-32C (reflected polynomial 0x82F63B78) over more bytes. `state` is 0xFFFFFFFF at the
/// start; the checksum is the complement of the last state. May be called from several threads at once.
uint32_t cck_crc32c(uint32_t state, const uint8_t *bytes, size_t count);

/// The same by tables alone, as on processors that have no such instruction.
uint32_t cck_crc32c_tables(uint32_t state, const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
